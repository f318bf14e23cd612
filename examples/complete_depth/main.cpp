// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include <hyspn/core/error.hpp>
#include <hyspn/io/atomic_file.hpp>
#include <hyspn/io/depth_png.hpp>
#include <hyspn/io/image.hpp>

#include "arguments.hpp"
#include "completion.hpp"
#include "pictures.hpp"
#include "problem.hpp"
#include "progress.hpp"
#include "report.hpp"

namespace complete_depth {
namespace {

void write_text(std::filesystem::path const& path, std::string const& text)
{
    hyspn::io::atomic_file file(path);
    file.write(text.data(), text.size());
    file.commit();
}

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

void run(arguments const& a)
{
    problem const p = load_problem(a);
    progress bar(5, a.quiet);
    completion const c = complete(p, a, bar);
    bar.clear();
    auto const s = score(p, c);
    if (!a.out.empty()) write_pictures(a, p, c);
    if (!a.json.empty()) write_text(a.json, json_report(p, a, c, s, bar));
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
} catch (std::exception const& e) {
    std::cerr << "complete_depth: " << e.what() << "\n";
    return 1;
}
