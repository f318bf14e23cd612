// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// One frame through every propagation that complete_depth knows: a table, and with --out a sheet of their errors.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include <hyspn/core/error.hpp>
#include <hyspn/io/image.hpp>

#include "../complete_depth/arguments.hpp"
#include "../complete_depth/completion.hpp"
#include "../complete_depth/output_files.hpp"
#include "../complete_depth/problem.hpp"
#include "../complete_depth/propagation_method.hpp"
#include "../complete_depth/report.hpp"
#include "../drawing/colour_map.hpp"
#include "../drawing/sheet.hpp"

namespace compare_propagations {
namespace {

using namespace complete_depth;
using hyspn::index_t;

std::vector<std::string> names()
{
    std::vector<std::string> all;
    std::string const list = propagation_names();
    for (std::size_t from = 0; from < list.size();) {
        std::size_t const to = std::min(list.find(", ", from), list.size());
        all.push_back(list.substr(from, to - from));
        from = to + 2;
    }
    return all;
}

/// A map and what is said of it.
struct entry {
    std::string name;
    hyspn::tensor<float, 2> depth;
    hyspn::metrics::depth_errors errors;
    double seconds = 0;  ///< of making gates and of propagation
};

/// The affinity's and the propagation's; a network makes its own gates, those of the affinity are for pictures.
double seconds_of(std::string const& name, progress const& bar)
{
    double sum = 0;
    for (auto const& [stage, seconds] : bar.times())
        if (stage == "propagation" || (stage == "affinity" && !is_network(name))) sum += seconds;
    return sum;
}

/// All of them, on the same terms.
void require_comparable(problem const& p, arguments const& a)
{
    if (!p.has_truth()) throw usage_error("errors need --truth");
    if (a.affinity != "geodesic") throw usage_error("some networks take --affinity geodesic alone");
    if (a.backend == "cuda") throw usage_error("some networks run on --backend seq or omp alone");
}

/// The initial map first.
std::vector<entry> run_all(problem const& p, arguments a)
{
    std::vector<entry> entries;
    for (auto const& name : names()) {
        a.propagation = name;
        progress bar(stages_of(a), a.quiet);
        auto c = complete(p, a, bar);
        bar.clear();
        auto const s = score(p, c);
        if (entries.empty()) entries.push_back({"initial map", c.initial, s->initial, 0});
        entries.push_back({name, std::move(c.depth), s->final, seconds_of(name, bar)});
    }
    return entries;
}

void print(std::vector<entry> const& entries)
{
    std::printf("%-24s %8s %8s %8s %9s\n", "", "RMSE", "MAE", "REL", "seconds");
    for (auto const& e : entries)
        std::printf("%-24s %8.4f %8.4f %8.4f %9.3f\n", e.name.c_str(), e.errors.rmse, e.errors.mae, e.errors.rel,
                    e.seconds);
}

/// Errors side by side, all on one scale: twice the RMSE of the initial map is the brightest.
drawing::picture draw_errors(problem const& p, std::vector<entry> const& entries)
{
    float const high = 2 * static_cast<float>(entries.front().errors.rmse);
    std::vector<drawing::panel> panels;
    for (auto const& e : entries)
        panels.push_back({e.name, [&p, &e, high](index_t i, index_t j) {
                              float const truth = p.truth(i, j), error = std::abs(e.depth(i, j) - truth);
                              return truth > 0 ? drawing::inferno(error / high) : drawing::unknown;
                          }});
    return drawing::draw_sheet(panels, p.height(), p.width(), 5, 200);
}

void run(arguments const& a)
{
    problem const p = load_problem(a);
    require_comparable(p, a);
    auto const entries = run_all(p, a);
    print(entries);
    if (a.out.empty()) return;
    output_files files;
    files.make_folder(a.out);
    hyspn::io::write_rgb_png(files.add(a.out / "comparison.png"), draw_errors(p, entries));
    files.commit();
}

}  // namespace
}  // namespace compare_propagations

int main(int count, char** values)
try {
    if (auto const a = complete_depth::parse(count, values)) compare_propagations::run(*a);
    return 0;
} catch (std::exception const& e) {
    std::cerr << "compare_propagations: " << e.what() << "\n";
    return 2;
}
