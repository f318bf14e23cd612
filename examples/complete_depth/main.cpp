// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <exception>
#include <filesystem>
#include <iostream>
#include <string>

#include <hyspn/core/error.hpp>
#include <hyspn/io/depth_png.hpp>
#include <hyspn/io/image.hpp>

#include "../common/progress.hpp"
#include "../drawing/affinity_picture.hpp"
#include "arguments.hpp"
#include "completion.hpp"
#include "output_files.hpp"
#include "pictures.hpp"
#include "problem.hpp"
#include "report.hpp"

namespace complete_depth {
namespace {

/// Where one file cannot be written, none is.
void write_files(arguments const& a, problem const& p, completion const& c, std::string const& report)
{
    output_files files;
    if (!a.out.empty()) {
        files.make_folder(a.out);
        hyspn::io::write_depth_png(files.add(a.out / "depth.png"), c.depth);
        hyspn::io::write_rgb_png(files.add(a.out / "depth_color.png"), draw_depth(p, c));
        hyspn::io::write_rgb_png(files.add(a.out / "affinity.png"),
                                 drawing::draw_affinity({p.rgb, c.features, c.gates, c.curvature, c.temperature}));
        if (p.has_truth()) hyspn::io::write_rgb_png(files.add(a.out / "error.png"), draw_error(p, c));
    }
    if (!a.save_weights.empty()) c.values.write(files.add(a.save_weights));
    if (!a.json.empty()) files.add(a.json).write(report.data(), report.size());
    files.commit();
}

void run(arguments const& a)
{
    problem const p = load_problem(a);
    progress bar(stages_of(a), a.quiet);
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
