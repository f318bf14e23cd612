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
#include "../complete_depth/canvas.hpp"
#include "../complete_depth/completion.hpp"
#include "../complete_depth/output_files.hpp"
#include "../complete_depth/problem.hpp"
#include "../complete_depth/propagation_method.hpp"
#include "../complete_depth/report.hpp"

namespace compare_propagations {
namespace {

using namespace complete_depth;

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
picture draw_sheet(problem const& p, std::vector<entry> const& entries)
{
    constexpr index_t across = 5, tile_width = 200, gap = 4, label = canvas::text_rows + 4;
    index_t const step = std::max<index_t>(1, (p.width() + tile_width - 1) / tile_width);
    index_t const columns = p.width() / step, rows = p.height() / step;
    index_t const down = (static_cast<index_t>(entries.size()) + across - 1) / across;
    canvas on(down * (rows + label + gap) + gap, across * (columns + gap) + gap, {0.08F, 0.08F, 0.1F});
    float const high = 2 * static_cast<float>(entries.front().errors.rmse);
    for (std::size_t k = 0; k < entries.size(); ++k) {
        auto const place = static_cast<index_t>(k);
        index_t const top = gap + place / across * (rows + label + gap), left = gap + place % across * (columns + gap);
        on.text(top + 1, left, 1, entries[k].name, {1, 1, 1});
        for (index_t i = 0; i < rows; ++i)
            for (index_t j = 0; j < columns; ++j) {
                float const truth = p.truth(i * step, j * step);
                float const error = std::abs(entries[k].depth(i * step, j * step) - truth);
                on.set(top + label + i, left + j, truth > 0 ? inferno(error / high) : colour{0.45F, 0.45F, 0.45F});
            }
    }
    return on.take();
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
    hyspn::io::write_rgb_png(files.add(a.out / "comparison.png"), draw_sheet(p, entries));
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
