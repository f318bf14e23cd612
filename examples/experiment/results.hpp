// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>
#include <vector>

#include "../learning/task.hpp"

namespace experiment {

using namespace learning;

/// One trained network, or the map it starts from (propagation "none").
struct trial {
    std::string task, propagation, affinity;
    std::uint64_t seed = 0;
    double seconds = 0;  ///< of training
    scores scenes{};     ///< held-out scenes
    scores frames{};     ///< real frames

    bool same_run(trial const& o) const
    {
        return task == o.task && propagation == o.propagation && affinity == o.affinity && seed == o.seed;
    }
};

/// One line a trial, so that an interrupted experiment goes on; `budget` says what all trials have in common. Throws
/// io_error.
void write_trials(std::filesystem::path const& file, std::string const& budget, std::vector<trial> const& trials);

/// None when there is no such file. Throws usage_error, also when the file is of another budget.
std::vector<trial> read_trials(std::filesystem::path const& file, std::string const& budget);

/// A table for each task and each set of images: means over the seeds ± half their range. Seeds have scenes of their
/// own, so after each comes one of ratios within a seed and a propagation, their means ± standard errors: of the
/// euclidean affinity to the map it starts from, and of every other affinity to the euclidean one.
void print_tables(std::ostream& out, std::vector<trial> const& trials);

}  // namespace experiment
