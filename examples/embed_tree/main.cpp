// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include <hyspn/core/error.hpp>
#include <hyspn/io/atomic_file.hpp>

#include "../common/progress.hpp"
#include "../common/usage_error.hpp"
#include "arguments.hpp"
#include "drawing.hpp"
#include "quality.hpp"
#include "tree.hpp"

namespace embed_tree {
namespace {

tree chosen_tree(arguments const& a)
{
    if (!a.edges.empty()) return read_edges(a.edges);
    return a.tree == "taxonomy" ? taxonomy() : binary_tree(a.levels);
}

struct results {
    embedding<hyperbolic_space> hyperbolic;
    quality ball, flat;
};

template <class P>
results compute(P const& exec, arguments const& a, tree const& t, examples::progress& bar)
{
    auto const lengths = path_lengths(t);
    auto const show = [&](double done, double) { bar.show(done); };
    hyperbolic_space const space{hyspn::curvature<double>::from_c(a.curvature)};
    bar.begin("Poincare ball");
    auto ball = fit(exec, space, t, lengths, a.fit, show);
    bar.begin("Euclidean space");
    auto const flat = fit(exec, euclidean_space{}, t, lengths, a.fit, show);
    bar.begin("distortion");
    auto const in_ball = measure(exec, ball, lengths), in_flat = measure(exec, flat, lengths);
    bar.end();
    return {std::move(ball), in_ball, in_flat};
}

void print_row(char const* name, quality const& q)
{
    std::printf("%-16s %20.4f %20.4f %8.4f\n", name, q.worst, q.average, q.map);
}

nlohmann::json numbers(quality const& q)
{
    return {{"worst_distortion", q.worst}, {"average_distortion", q.average}, {"map", q.map}};
}

/// Both files are opened before either is completed: where one cannot be written, neither is.
void write_files(arguments const& a, tree const& t, results const& r)
{
    std::optional<hyspn::io::atomic_file> svg, json;
    auto const write = [](auto& file, std::filesystem::path const& path, std::string const& text) {
        file.emplace(path);
        file->write(text.data(), text.size());
    };
    if (!a.svg.empty()) write(svg, a.svg, draw_svg(t, r.hyperbolic));
    if (!a.json.empty()) {
        nlohmann::json const report{
            {"nodes", t.size()},           {"dimension", a.fit.dimension},  {"curvature", a.curvature},
            {"scale", r.hyperbolic.scale}, {"hyperbolic", numbers(r.ball)}, {"euclidean", numbers(r.flat)}};
        write(json, a.json, report.dump(2) + "\n");
    }
    if (svg) svg->commit();
    if (json) json->commit();
}

void run(arguments const& a)
{
    tree const t = chosen_tree(a);
    examples::progress bar(3, a.quiet);
    results const r = compute(hyspn::exec::omp{.threads = a.threads}, a, t, bar);
    bar.clear();
    write_files(a, t, r);
    if (a.quiet) return;
    std::printf("%lld nodes, %lld dimensions, curvature %g, seed %llu\n\n", static_cast<long long>(t.size()),
                static_cast<long long>(a.fit.dimension), -a.curvature, static_cast<unsigned long long>(a.fit.seed));
    std::printf("%-16s %20s %20s %8s\n", "", "worst distortion", "average distortion", "mAP");
    print_row("Poincare ball", r.ball);
    print_row("Euclidean space", r.flat);
    std::printf("\nseconds          ");
    for (auto const& [name, seconds] : bar.times()) std::printf("%s %.2f  ", name.c_str(), seconds);
    std::printf("\npicture          %s\n", a.svg.empty() ? "none: give --svg FILE" : a.svg.string().c_str());
}

}  // namespace
}  // namespace embed_tree

int main(int count, char** values)
try {
    if (auto const a = embed_tree::parse(count, values)) embed_tree::run(*a);
    return 0;
} catch (examples::usage_error const& e) {
    std::cerr << "embed_tree: " << e.what() << "\n";
    return 2;
} catch (hyspn::error const& e) {
    std::cerr << "embed_tree: " << e.what() << "\n";
    return 2;
} catch (std::exception const& e) {
    std::cerr << "embed_tree: " << e.what() << "\n";
    return 1;
}
