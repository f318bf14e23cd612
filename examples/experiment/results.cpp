// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "results.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <ostream>
#include <sstream>

#include <hyspn/io/atomic_file.hpp>

#include "../learning/table.hpp"

namespace experiment {
namespace {

/// name=value;name=value
std::string packed(scores const& s)
{
    std::ostringstream text;
    text.precision(std::numeric_limits<double>::max_digits10);
    for (auto const& [name, value] : s) text << (text.tellp() > 0 ? ";" : "") << name << "=" << value;
    return text.str();
}

scores unpacked(std::string const& text)
{
    scores s;
    std::istringstream in(text);
    for (std::string item; std::getline(in, item, ';');)
        if (auto const at = item.find('='); at != std::string::npos)
            s.emplace_back(item.substr(0, at), std::stod(item.substr(at + 1)));
    return s;
}

/// "mean ± half the range" of a column over trials.
std::string cell(std::vector<scores const*> const& rows, std::size_t column)
{
    double sum = 0, low = std::numeric_limits<double>::infinity(), high = -low;
    for (auto const* row : rows) {
        double const x = (*row)[column].second;
        sum += x;
        low = std::min(low, x);
        high = std::max(high, x);
    }
    std::string text = rounded(sum / static_cast<double>(rows.size()));
    if (rows.size() > 1) text += " ± " + rounded((high - low) / 2);
    return text;
}

/// The scores of the trial that differs from `t` in propagation and affinity alone; null where there is none.
scores const* find(std::vector<trial> const& trials, trial const& t, scores trial::*set, std::string const& propagation,
                   std::string const& affinity)
{
    trial wanted = t;
    wanted.propagation = propagation;
    wanted.affinity = affinity;
    auto const at = std::find_if(trials.begin(), trials.end(), [&](trial const& o) { return o.same_run(wanted); });
    return at == trials.end() || ((*at).*set).empty() ? nullptr : &((*at).*set);
}

/// "mean ± standard error" of the quotients of a column; the mean alone of one.
std::string quotient_cell(std::vector<std::pair<scores const*, scores const*>> const& pairs, std::size_t column)
{
    double sum = 0, squares = 0;
    auto const n = static_cast<double>(pairs.size());
    for (auto const& [a, b] : pairs) {
        double const q = (*a)[column].second / (*b)[column].second;
        sum += q;
        squares += q * q;
    }
    double const mean = sum / n;
    std::string text = rounded(mean);
    if (pairs.size() > 1) text += " ± " + rounded(std::sqrt(std::max(squares / n - mean * mean, 0.) / (n - 1)));
    return text;
}

void print_quotients(std::ostream& out, std::vector<trial> const& trials, std::string const& task, scores trial::*set)
{
    std::vector<std::string> affinities;
    for (auto const& t : trials)
        if (t.task == task && t.propagation != "none" &&
            std::find(affinities.begin(), affinities.end(), t.affinity) == affinities.end())
            affinities.push_back(t.affinity);
    bool first = true;
    for (auto const& affinity : affinities) {
        bool const euclidean = affinity == "euclidean";
        std::vector<std::pair<scores const*, scores const*>> pairs;
        for (auto const& t : trials)
            if (t.task == task && t.propagation != "none" && t.affinity == affinity && !(t.*set).empty())
                if (auto const* other = euclidean ? find(trials, t, set, "none", "initial map")
                                                  : find(trials, t, set, t.propagation, "euclidean"))
                    pairs.emplace_back(&(t.*set), other);
        if (pairs.empty()) continue;
        if (first) {
            out << "\n";
            print_header(out, "quotient", *pairs[0].first);
        }
        first = false;
        out << "| " << affinity << (euclidean ? " / initial map" : " / euclidean") << " (" << pairs.size() << ") |";
        for (std::size_t k = 0; k < pairs[0].first->size(); ++k) out << " " << quotient_cell(pairs, k) << " |";
        out << "\n";
    }
}

void print_table(std::ostream& out, std::vector<trial> const& trials, std::string const& task, scores trial::*set,
                 char const* title)
{
    std::vector<std::pair<std::string, std::string>> kinds;
    for (auto const& t : trials)
        if (t.task == task && !(t.*set).empty())
            if (std::pair const kind{t.propagation, t.affinity};
                std::find(kinds.begin(), kinds.end(), kind) == kinds.end())
                kinds.push_back(kind);
    if (kinds.empty()) return;
    out << "\n" << title << "\n\n";
    bool first = true;
    for (auto const& [propagation, affinity] : kinds) {
        std::vector<scores const*> rows;
        for (auto const& t : trials)
            if (t.task == task && t.propagation == propagation && t.affinity == affinity && !(t.*set).empty())
                rows.push_back(&(t.*set));
        if (first) print_header(out, "propagation, affinity", *rows[0]);
        first = false;
        out << "| " << propagation << ", " << affinity << " |";
        for (std::size_t k = 0; k < rows[0]->size(); ++k) out << " " << cell(rows, k) << " |";
        out << "\n";
    }
    print_quotients(out, trials, task, set);
}

}  // namespace

void write_trials(std::filesystem::path const& path, std::string const& budget, std::vector<trial> const& trials)
{
    std::ostringstream text;
    text << "# " << budget << "\ntask,propagation,affinity,seed,seconds,scenes,frames\n";
    for (auto const& t : trials)
        text << t.task << "," << t.propagation << "," << t.affinity << "," << t.seed << "," << t.seconds << ","
             << packed(t.scenes) << "," << packed(t.frames) << "\n";
    auto const all = text.str();
    hyspn::io::atomic_file file(path);
    file.write(all.data(), all.size());
    file.commit();
}

std::vector<trial> read_trials(std::filesystem::path const& file, std::string const& budget)
{
    std::ifstream in(file);
    std::vector<trial> trials;
    std::string line;
    if (std::getline(in, line) && line != "# " + budget)
        throw usage_error(file.string() + " is of another experiment: \"" + line + "\", this one is \"# " + budget +
                          "\"");
    std::getline(in, line);
    while (std::getline(in, line)) {
        std::vector<std::string> cells;
        std::istringstream row(line);
        for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
        cells.resize(std::max<std::size_t>(cells.size(), 7));
        try {
            trials.push_back({cells[0], cells[1], cells[2], std::stoull(cells[3]), std::stod(cells[4]),
                              unpacked(cells[5]), unpacked(cells[6])});
        } catch (std::logic_error const&) {
            throw usage_error(file.string() + " has a line that is no trial: " + line);
        }
    }
    return trials;
}

void print_tables(std::ostream& out, std::vector<trial> const& trials)
{
    print_table(out, trials, "depth", &trial::scenes, "Depth completion, held-out scenes");
    print_table(out, trials, "depth", &trial::frames, "Depth completion, real frames");
    print_table(out, trials, "labels", &trial::scenes, "Label refinement, held-out scenes");
    print_table(out, trials, "labels", &trial::frames, "Label refinement, real frames");
}

}  // namespace experiment
