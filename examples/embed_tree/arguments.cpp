// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"

#include <CLI/CLI.hpp>

#include "../common/usage_error.hpp"

namespace embed_tree {

using examples::usage_error;

std::optional<arguments> parse(int count, char const* const* values)
{
    arguments a;
    CLI::App app{
        "Embeds a tree in the Poincare ball, so that geodesic distances are path lengths, and in Euclidean space of "
        "the\n"
        "same dimension for comparison. Reports distortions, draws the disk."};
    app.add_option("--tree", a.tree, "binary or taxonomy")->capture_default_str();
    app.add_option("--levels", a.levels, "of the binary tree")->capture_default_str()->check(CLI::Range(1, 10));
    app.add_option("--edges", a.edges, "a tree from this file instead: one edge \"parent child\" a line");
    app.add_option("--dimension", a.fit.dimension, "of the ball")->capture_default_str()->check(CLI::Range(2, 1000));
    app.add_option("--curvature", a.curvature, "c of the curvature -c")->capture_default_str();
    app.add_option("--iterations", a.fit.iterations, "steps of Riemannian Adam")
        ->capture_default_str()
        ->check(CLI::Range(0, 10000000));
    app.add_option("--rate", a.fit.rate, "its rate at first, a distance")->capture_default_str();
    app.add_option("--seed", a.fit.seed, "of everything random")->capture_default_str();
    app.add_option("--svg", a.svg, "draw the disk to this file");
    app.add_option("--json", a.json, "write the results to this file");
    app.add_option("--threads", a.threads, "0 = all; more than one pays for hundreds of nodes")
        ->capture_default_str()
        ->check(CLI::Range(0, 1024));
    app.add_flag("--quiet", a.quiet, "print nothing but errors");
    try {
        app.parse(count, values);
    } catch (CLI::CallForHelp const& help) {
        app.exit(help);
        return std::nullopt;
    } catch (CLI::ParseError const& e) {
        throw usage_error(e.what());
    }
    if (a.tree != "binary" && a.tree != "taxonomy")
        throw usage_error("--tree must be one of binary, taxonomy, got " + a.tree);
    if (!a.svg.empty() && a.fit.dimension != 2) throw usage_error("--svg needs --dimension 2");
    return a;
}

}  // namespace embed_tree
