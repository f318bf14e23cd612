// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "examples/program.hpp"
#include "support/catch.hpp"

using namespace hyspn;
using testing::temporary_folder;

namespace {

testing::run_result run_embed_tree(temporary_folder const& folder, std::string const& options)
{
    return testing::run_program(HYSPN_TEST_EMBED_TREE, folder, options);
}

std::string option(char const* name, std::filesystem::path const& path)
{
    return std::string(" --") + name + " " + path.string();
}

nlohmann::json results(temporary_folder const& folder, std::string const& options)
{
    auto const run = run_embed_tree(folder, options + " --quiet" + option("json", folder / "r.json"));
    INFO(options << "\n" << run.err);
    REQUIRE(run.status == 0);
    CHECK(run.out.empty());
    CHECK(run.err.empty());
    return nlohmann::json::parse(testing::read_text(folder / "r.json"));
}

std::ptrdiff_t count_of(std::string const& text, std::string_view word)
{
    std::ptrdiff_t n = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++n;
    return n;
}

/// Status 2, one line that says why, and nothing is written.
void check_refused(temporary_folder const& folder, std::string const& options, std::string const& why)
{
    auto const svg = folder / "tree.svg", json = folder / "r.json";
    auto const run = run_embed_tree(folder, "--iterations 1" + option("svg", svg) + option("json", json) + options);
    INFO(options << "\n" << run.err);
    CHECK(run.status == 2);
    CHECK(run.out.empty());
    CHECK(std::count(run.err.begin(), run.err.end(), '\n') == 1);
    CHECK_THAT(run.err, Catch::StartsWith("embed_tree: ") && Catch::Contains(why));
    CHECK_FALSE(std::filesystem::exists(svg));
    CHECK_FALSE(std::filesystem::exists(json));
}

void check_refused_edges(temporary_folder const& folder, std::string const& text, std::string const& why)
{
    std::ofstream(folder / "edges.txt") << text;
    check_refused(folder, option("edges", folder / "edges.txt"), why);
}

}  // namespace

TEST_CASE("embed_tree: trees fit the disk far better than the plane, at any curvature")
{
    temporary_folder const folder;
    for (auto const* options :
         {"--iterations 600", "--tree taxonomy --iterations 600", "--curvature 3 --iterations 600"}) {
        auto const r = results(folder, options);
        INFO(options << r.dump());
        CHECK(r["hyperbolic"]["average_distortion"] < 0.11);
        CHECK(r["hyperbolic"]["average_distortion"] < 0.5 * r["euclidean"]["average_distortion"].get<double>());
        CHECK(r["hyperbolic"]["worst_distortion"] < 0.5 * r["euclidean"]["worst_distortion"].get<double>());
        CHECK(r["hyperbolic"]["worst_distortion"] >= 1);
        CHECK(r["hyperbolic"]["map"] > 0.99);
    }
}

TEST_CASE("embed_tree: a path is perfect in both")
{
    temporary_folder const folder;
    std::ofstream(folder / "path.txt") << "a b\nb c\nc d\n";
    auto const path = results(folder, "--iterations 1500" + option("edges", folder / "path.txt"));
    INFO(path.dump());
    CHECK(path["nodes"] == 4);
    CHECK(path["hyperbolic"]["average_distortion"] < 1e-3);
    CHECK(path["euclidean"]["average_distortion"] < 1e-3);
    CHECK(path["euclidean"]["map"] == 1);
}

TEST_CASE("embed_tree: the seed decides, not the threads")
{
    temporary_folder const folder;
    std::string const options = "--levels 3 --iterations 50";
    auto const first = results(folder, options);
    CHECK(results(folder, options + " --threads 3") == first);
    CHECK(results(folder, options + " --seed 1") != first);
}

TEST_CASE("embed_tree: an edge list, drawn with every edge and every leaf's name")
{
    temporary_folder const folder;
    std::ofstream(folder / "edges.txt") << "# a comment\n"
                                        << "root,left & right   # commas let names have blanks\n"
                                        << "root\t<leaf>\r\n\n"
                                        << "left & right,a & b\n"
                                        << "left & right,b\n";
    auto const run = run_embed_tree(folder, option("edges", folder / "edges.txt") + option("svg", folder / "tree.svg"));
    INFO(run.err);
    CHECK(run.status == 0);
    CHECK_THAT(run.out, Catch::StartsWith("5 nodes, 2 dimensions, curvature -1, seed 0") &&
                            Catch::Contains("average distortion") && Catch::Contains("Euclidean space"));
    auto const svg = testing::read_text(folder / "tree.svg");
    CHECK_THAT(svg, Catch::StartsWith("<svg ") && Catch::Contains("</svg>"));
    CHECK(count_of(svg, "<path stroke-width") == 4);
    CHECK(count_of(svg, "<circle cx") == 5);
    CHECK(count_of(svg, ">root</text>") == 2);  // once as its own halo
    CHECK(count_of(svg, ">a &amp; b</text>") == 1);
    CHECK(count_of(svg, ">&lt;leaf&gt;</text>") == 1);
    CHECK(count_of(svg, "nan") == 0);
    CHECK(std::distance(std::filesystem::directory_iterator(folder / "."), {}) == 4);  // no temporary file stays
}

TEST_CASE("embed_tree: bad options and files are refused in one line, and nothing is written")
{
    temporary_folder const folder;
    check_refused(folder, " --tree oak", "binary, taxonomy");
    check_refused(folder, " --levels 0", "levels");
    check_refused(folder, " --curvature -1", "greater than 0");
    check_refused(folder, " --rate -1", "rate");
    check_refused(folder, " --dimension 3", "--dimension 2");
    check_refused(folder, " --no-such-option", "no-such-option");
    check_refused(folder, option("edges", folder / "absent.txt"), "absent.txt");
    check_refused_edges(folder, "# nothing\n", "no edges");
    check_refused_edges(folder, "a b\nc\n", "edges.txt:2: an edge is two names");
    check_refused_edges(folder, "a b c\n", "edges.txt:1: an edge is two names");
    check_refused_edges(folder, "a a\n", "edges.txt:1: a cannot be its own parent");
    check_refused_edges(folder, "a c\nb c\n", "edges.txt:2: c has a parent already");
    check_refused_edges(folder, "a b\nc d\n", "one node without a parent, this has 2");
    check_refused_edges(folder, "a b\nb a\n", "one node without a parent, this has 0");
    check_refused_edges(folder, "r s\na b\nb a\n", "cycle");
}

TEST_CASE("embed_tree: where one file cannot be written, neither is")
{
    temporary_folder const folder;
    auto const run = run_embed_tree(folder, "--levels 2 --iterations 1" + option("svg", folder / "tree.svg") +
                                                option("json", folder / "absent/r.json"));
    CHECK(run.status == 2);
    CHECK_THAT(run.err, Catch::Contains("cannot write"));
    CHECK_FALSE(std::filesystem::exists(folder / "tree.svg"));
}
