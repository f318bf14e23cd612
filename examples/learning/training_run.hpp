// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "task.hpp"

namespace learning {

struct run_options {
    index_t iterations = 1000;
    batch_options batch{};
    index_t scenes = 200;                           ///< made for training
    index_t scene_height = 144, scene_width = 192;  ///< of each
    index_t held_out = 8;                           ///< scenes made for validation
    index_t validate_every = 200;                   ///< steps
    std::uint64_t seed = 1;                         ///< of parameters, scenes and crops
    hyspn::training::options training{};
    index_t warm_up = 20;            ///< steps until the rate is full; then it falls as a cosine
    int threads = 0;                 ///< 0: all
    index_t checkpoint_every = 100;  ///< steps
    std::filesystem::path out{};     ///< folder of weights, run, log and curve; empty: none
    std::filesystem::path frames{};  ///< folder of real frames to validate on; may be empty
    bool resume = false;             ///< go on with the run in `out`, if there is one
    bool quiet = false;
};

/// One line of the log.
struct log_row {
    index_t step = 0;  ///< steps taken
    double loss = 0, gradient_norm = 0, rate = 0, seconds = 0;
    scores validation{};  ///< means over the validation examples, empty between validations
};

/// What a run learns from, and what it is validated on.
struct examples_of_run {
    std::vector<example> training{}, validation{};
};

/// The scenes of a run's seed; validation on scenes of their own, or on frames. Fewer when `stop` becomes true. Throws
/// usage_error.
examples_of_run make_run_examples(task const& t, run_options const& options, std::atomic<bool> const& stop);

struct run_result {
    std::vector<log_row> log{};
    bool finished = false;  ///< false after a request to stop
};

/// Where a run's files are.
std::filesystem::path weights_file(std::filesystem::path const& out);
std::filesystem::path run_file(std::filesystem::path const& out);
std::filesystem::path log_file(std::filesystem::path const& out);
std::filesystem::path curve_file(std::filesystem::path const& out);

/// Trains `net`, whose next step is number net.steps(), to options.iterations. The same options give the same bits, on
/// any number of threads, in one go or with stops between. When `stop` becomes true the run ends after its step, with
/// its files written. Throws usage_error, io_error.
run_result train(network& net, task const& t, std::vector<example> const& examples,
                 std::vector<example> const& validation, run_options const& options, std::atomic<bool> const& stop);

/// The means of the scores of examples.
scores mean_scores(exec_policy const& exec, network const& net, task const& t, std::vector<example> const& examples);

/// The mean of several rows of scores of the same names. NaN where one's first score is NaN: that network failed.
/// Elsewhere NaN says that there was nothing to score, and does not count.
scores mean_of(std::vector<scores> const& rows);

/// Measurements to draw from a frame's depth instead of its own; 0 keeps those.
struct drawn_samples {
    index_t count = 0;
    std::uint64_t seed = 1;
};

/// The frame in a folder.
hyspn::data::sample load_frame(std::filesystem::path const& folder, drawn_samples const& drawn = {});

/// Frames of a folder, each ready for the task; frames without what it needs are left out. Throws usage_error when none
/// is left.
std::vector<example> load_frames(exec_policy const& exec, task const& t, std::filesystem::path const& folder,
                                 drawn_samples const& drawn = {});

}  // namespace learning
