// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Trains a pipeline on made scenes.
#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <optional>

#include <CLI/CLI.hpp>

#include <hyspn/core/error.hpp>

#include "../learning/training_run.hpp"

namespace {

using namespace learning;

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may set it");

extern "C" void request_stop(int)
{
    stop_requested = true;
}

struct arguments {
    network_config network;
    run_options run;
};

std::optional<arguments> parse(int count, char const* const* values)
{
    arguments a;
    auto& n = a.network;
    auto& r = a.run;
    CLI::App app{
        "Trains a guidance network with an affinity and a propagation on made scenes, for depth completion or label\n"
        "refinement. SIGTERM and SIGINT end it after the current step; --resume goes on with the same bits."};
    app.add_option("--task", n.task, list_of(task_names))->capture_default_str();
    app.add_option("--affinity", n.affinity, list_of(affinity_names))->capture_default_str();
    app.add_option("--propagation", n.propagation, list_of(propagation_names))->capture_default_str();
    app.add_option("--width", n.width, "channels of the guidance's first level")->capture_default_str();
    app.add_option("--levels", n.levels, "of the guidance below the first")->capture_default_str();
    app.add_option("--features", n.features, "channels the affinity reads")->capture_default_str();
    app.add_option("--kernel", n.kernel, "side of the window of affinity and propagation")->capture_default_str();
    app.add_option("--steps", n.steps, "of propagation")->capture_default_str();
    app.add_option("--iterations", r.iterations, "training steps")->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--batch", r.batch.images, "images a step")->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--crop-width", r.batch.width, "pixels")->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--crop-height", r.batch.height, "pixels")->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--scenes", r.scenes, "made for training")->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--scene-width", r.scene_width, "pixels")->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--scene-height", r.scene_height, "pixels")->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--held-out", r.held_out, "scenes made for validation")->capture_default_str();
    app.add_option("--frames", r.frames, "folder of real frames to validate on instead");
    app.add_option("--validate-every", r.validate_every, "steps")->capture_default_str()->check(CLI::PositiveNumber);
    app.add_option("--rate", r.training.optimiser.rate, "learning rate, at its highest")->capture_default_str();
    app.add_option("--weight-decay", r.training.optimiser.weight_decay, "of AdamW")->capture_default_str();
    app.add_option("--clip", r.training.clip, "longest gradient; 0: any")->capture_default_str();
    app.add_option("--average", r.training.average.decay, "of the running mean of the parameters")
        ->capture_default_str();
    app.add_option("--seed", r.seed, "of everything random")->capture_default_str();
    app.add_option("--threads", r.threads, "0: all; the result is the same for any")->capture_default_str();
    app.add_option("--checkpoint-every", r.checkpoint_every, "steps")
        ->capture_default_str()
        ->check(CLI::PositiveNumber);
    app.add_option("--out", r.out, "folder for weights, run, log and curve")->required();
    app.add_flag("--resume", r.resume, "go on with the run in --out, if there is one");
    app.add_flag("--quiet", r.quiet, "print nothing but errors");
    try {
        app.parse(count, values);
    } catch (CLI::CallForHelp const& help) {
        app.exit(help);
        return std::nullopt;
    } catch (CLI::ParseError const& e) {
        throw usage_error(e.what());
    }
    require_valid(n);
    hyspn::training::require_valid("train", r.training, r.training.optimiser.rate);
    return a;
}

void report(arguments const& a, network const& net, run_result const& result)
{
    if (a.run.quiet) return;
    std::cout << to_text(net.config()) << "\n" << net.parameter_count() << " parameters, " << net.steps() << " steps";
    if (!result.log.empty()) std::cout << ", " << result.log.back().seconds << " s";
    std::cout << "\n";
    if (!result.log.empty())
        for (auto const& [name, value] : result.log.back().validation) std::cout << name << " " << value << "\n";
    if (!result.finished) std::cout << "stopped; --resume goes on\n";
    std::cout << weights_file(a.run.out).string() << "\n";
}

int run(int count, char const* const* values)
{
    auto const a = parse(count, values);
    if (!a) return 0;
    std::signal(SIGTERM, request_stop);
    std::signal(SIGINT, request_stop);
    auto const net = make_network(a->network, a->run.seed);
    auto const task = make_task(a->network.task);
    auto const examples = make_run_examples(*task, a->run, stop_requested);
    auto const result = train(*net, *task, examples.training, examples.validation, a->run, stop_requested);
    report(*a, *net, result);
    return 0;
}

}  // namespace

int main(int count, char** values)
{
    try {
        return run(count, values);
    } catch (usage_error const& e) {
        std::cerr << "train: " << e.what() << "\n";
        return 2;
    } catch (hyspn::value_error const& e) {
        std::cerr << e.what() << "\n";
        return 2;
    } catch (std::exception const& e) {
        std::cerr << "train: " << e.what() << "\n";
        return 1;
    }
}
