// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include <hyspn/core/error.hpp>
#include <hyspn/io/atomic_file.hpp>
#include <hyspn/io/depth_png.hpp>
#include <hyspn/io/image.hpp>

#include "../common/progress.hpp"
#include "arguments.hpp"
#include "completion.hpp"
#include "pictures.hpp"
#include "problem.hpp"
#include "report.hpp"

namespace complete_depth {
namespace {

/// Draws everything, then writes everything.
void write_pictures(arguments const& a, problem const& p, completion const& c)
{
    picture const depth = draw_depth(p, c), affinity = draw_affinity(p, c);
    picture const error = p.has_truth() ? draw_error(p, c) : picture();
    std::filesystem::create_directories(a.out);
    hyspn::io::write_depth_png(a.out / "depth.png", c.depth);
    hyspn::io::write_rgb_png(a.out / "depth_color.png", depth);
    hyspn::io::write_rgb_png(a.out / "affinity.png", affinity);
    if (p.has_truth()) hyspn::io::write_rgb_png(a.out / "error.png", error);
}

/// The JSON file is opened first and completed last: where it cannot be written, nothing is.
void write_files(arguments const& a, problem const& p, completion const& c, std::string const& report)
{
    std::optional<hyspn::io::atomic_file> json;
    if (!a.json.empty()) json.emplace(a.json);
    if (!a.out.empty()) write_pictures(a, p, c);
    if (!a.save_weights.empty()) c.values.write(a.save_weights);
    if (!json) return;
    json->write(report.data(), report.size());
    json->commit();
}

void run(arguments const& a)
{
    problem const p = load_problem(a);
    progress bar(5, a.quiet);
    completion const c = complete(p, a, bar);
    bar.clear();
    auto const s = score(p, c);
    write_files(a, p, c, json_report(p, a, c, s, bar));
    if (!a.quiet) print_report(std::cout, p, a, c, s, bar);
}

}  // namespace
}  // namespace complete_depth

int main(int count, char** values)
try {
    if (auto const a = complete_depth::parse(count, values)) complete_depth::run(*a);
    return 0;
} catch (complete_depth::usage_error const& e) {
    std::cerr << "complete_depth: " << e.what() << "\n";
    return 2;
} catch (hyspn::error const& e) {
    std::cerr << "complete_depth: " << e.what() << "\n";
    return 2;
} catch (std::filesystem::filesystem_error const& e) {
    std::cerr << "complete_depth: " << e.what() << "\n";
    return 2;
} catch (std::exception const& e) {
    std::cerr << "complete_depth: " << e.what() << "\n";
    return 1;
}
