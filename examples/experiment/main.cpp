// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Every affinity with every propagation, for depth and for labels: same guidance, same scenes, same budget.
#include <algorithm>
#include <atomic>
#include <csignal>
#include <iostream>
#include <optional>
#include <sstream>

#include <CLI/CLI.hpp>

#include <hyspn/core/error.hpp>

#include "../common/run_main.hpp"
#include "../learning/training_run.hpp"
#include "results.hpp"

namespace {

using namespace experiment;

std::atomic<bool> stop_requested{false};

extern "C" void request_stop(int)
{
    stop_requested = true;
}

struct arguments {
    std::vector<std::string> tasks{task_names.begin(), task_names.end()};
    std::vector<std::string> affinities{affinity_names.begin(), affinity_names.end()};
    std::vector<std::string> propagations{propagation_names.begin(), propagation_names.end()};
    index_t seeds = 3, first_seed = 1;
    bool reduced = false;
    run_options run{.iterations = 1000, .scenes = 200, .held_out = 16};
    network_config network{.width = 16, .features = 16, .steps = 12};
    std::filesystem::path frames, out;
};

/// A quarter of an hour on two cores.
void reduce(arguments& a)
{
    a.seeds = 1;
    a.run.iterations = 300;
    a.run.scenes = 100;
    a.run.held_out = 8;
    a.run.batch = {.images = 4, .height = 80, .width = 96};
    a.network.width = 8;
    a.network.steps = 6;
}

template <std::size_t N>
void require_known(char const* option, std::vector<std::string> const& names,
                   std::array<std::string_view, N> const& known)
{
    for (auto const& name : names)
        if (std::find(known.begin(), known.end(), name) == known.end())
            throw usage_error(std::string(option) + " must be of " + list_of(known) + ", got " + name);
}

std::optional<arguments> parse(int count, char const* const* values)
{
    arguments a;
    CLI::App app{
        "Trains every affinity with every propagation on the same scenes and prints tables of their scores. Finished\n"
        "trainings are in trials.csv of --out, their networks beside it: the program goes on where it was stopped."};
    auto const* const reduced = app.add_flag("--reduced", a.reduced, "small networks, few steps, one seed");
    app.add_option("--tasks", a.tasks, list_of(task_names))->delimiter(',');
    app.add_option("--affinities", a.affinities, list_of(affinity_names))->delimiter(',');
    app.add_option("--propagations", a.propagations, list_of(propagation_names))->delimiter(',');
    auto const* const seeds = app.add_option("--seeds", a.seeds, "trainings of each kind")->check(CLI::PositiveNumber);
    app.add_option("--first-seed", a.first_seed, "of them; rows of trials.csv made elsewhere may be joined")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    auto const* const iterations =
        app.add_option("--iterations", a.run.iterations, "training steps")->check(CLI::PositiveNumber);
    app.add_option("--frames", a.frames, "folder of real frames");
    app.add_option("--threads", a.run.threads, "0: all");
    app.add_option("--out", a.out, "folder for trials.csv and weights")->required();
    app.add_flag("--quiet", a.run.quiet, "no progress");
    try {
        app.parse(count, values);
    } catch (CLI::CallForHelp const& help) {
        app.exit(help);
        return std::nullopt;
    } catch (CLI::ParseError const& e) {
        throw usage_error(e.what());
    }
    require_known("--tasks", a.tasks, task_names);
    require_known("--affinities", a.affinities, affinity_names);
    require_known("--propagations", a.propagations, propagation_names);
    if (reduced->count() > 0) {
        auto const asked = a;
        reduce(a);
        if (seeds->count() > 0) a.seeds = asked.seeds;
        if (iterations->count() > 0) a.run.iterations = asked.run.iterations;
    }
    return a;
}

/// What all trials have in common.
std::string budget_of(arguments const& a)
{
    std::ostringstream text;
    auto const& r = a.run;
    text << "width=" << a.network.width << " levels=" << a.network.levels << " features=" << a.network.features
         << " steps=" << a.network.steps << " iterations=" << r.iterations << " images=" << r.batch.images
         << " crop=" << r.batch.width << "x" << r.batch.height << " scenes=" << r.scenes << "+" << r.held_out << " of "
         << r.scene_width << "x" << r.scene_height << " frames=" << (a.frames.empty() ? "no" : "yes");
    return text.str();
}

/// The trials of one task and seed; each is written when it is done.
class task_trials {
public:
    task_trials(arguments const& a, std::string const& name, std::uint64_t seed, std::vector<trial>& trials)
        : a_(a), name_(name), seed_(seed), task_(make_task(name)), trials_(trials), options_(a.run)
    {
        options_.seed = seed;
        options_.validate_every = options_.iterations + 1;
    }

    void run()
    {
        for (auto const& propagation : a_.propagations)
            for (auto const& affinity : a_.affinities) {
                if (stop_requested) return;
                trial const wanted{name_, propagation, affinity, seed_};
                if (!done(wanted)) run_one(wanted);
            }
    }

private:
    bool done(trial const& wanted) const
    {
        for (auto const& t : trials_)
            if (t.same_run(wanted)) return true;
        return false;
    }

    /// Scenes and frames are made when the first training needs them.
    void prepare()
    {
        if (!scenes_.training.empty()) return;
        scenes_ = make_run_examples(*task_, options_, stop_requested);
        if (!a_.frames.empty()) frames_ = load_frames(exec_, *task_, a_.frames);
        trial const start{
            name_, "none", "initial map", seed_, 0, start_scores(scenes_.validation), start_scores(frames_)};
        if (!stop_requested && !done(start)) keep(start);
    }

    scores start_scores(std::vector<example> const& examples) const
    {
        std::vector<scores> rows;
        for (auto const& e : examples) rows.push_back(task_->score(exec_, e, task_->initial(e)));
        return mean_of(rows);
    }

    void run_one(trial const& wanted)
    {
        prepare();
        if (stop_requested) return;
        auto config = a_.network;
        config.task = name_;
        config.propagation = wanted.propagation;
        config.affinity = wanted.affinity;
        auto const net = make_network(config, seed_);
        if (!options_.quiet) std::cerr << to_text(config) << " seed=" << seed_ << "\n";
        auto const result = train(*net, *task_, scenes_.training, {}, options_, stop_requested);
        if (!result.finished) return;
        auto made = wanted;
        made.seconds = result.log.back().seconds;
        made.scenes = mean_scores(exec_, *net, *task_, scenes_.validation);
        made.frames = mean_scores(exec_, *net, *task_, frames_);
        net->save_weights(weights_file(wanted));
        keep(made);
    }

    std::filesystem::path weights_file(trial const& t) const
    {
        auto const folder = a_.out / "weights";
        std::filesystem::create_directories(folder);
        return folder /
               (t.task + "_" + t.propagation + "_" + t.affinity + "_" + std::to_string(t.seed) + ".safetensors");
    }

    void keep(trial const& t)
    {
        trials_.push_back(t);
        write_trials(a_.out / "trials.csv", budget_of(a_), trials_);
    }

    arguments const& a_;
    std::string name_;
    std::uint64_t seed_;
    std::unique_ptr<task> task_;
    std::vector<trial>& trials_;
    run_options options_;
    exec_policy exec_{.threads = a_.run.threads};
    examples_of_run scenes_{};
    std::vector<example> frames_{};
};

int run(int count, char const* const* values)
{
    auto const a = parse(count, values);
    if (!a) return 0;
    std::signal(SIGTERM, request_stop);
    std::signal(SIGINT, request_stop);
    std::filesystem::create_directories(a->out);
    auto trials = read_trials(a->out / "trials.csv", budget_of(*a));
    for (index_t seed = a->first_seed; seed < a->first_seed + a->seeds; ++seed)
        for (auto const& name : a->tasks) task_trials(*a, name, static_cast<std::uint64_t>(seed), trials).run();
    print_tables(std::cout, trials);
    return 0;
}

}  // namespace

int main(int count, char** values)
{
    return examples::run_main("experiment", run, count, values);
}
