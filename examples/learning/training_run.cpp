// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "training_run.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <sstream>

#include <unistd.h>

#include <hyspn/data/folder.hpp>
#include <hyspn/data/stream.hpp>
#include <hyspn/guidance/samples.hpp>
#include <hyspn/optim/schedule.hpp>

#include "training_log.hpp"

namespace learning {
namespace {

using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point start)
{
    return std::chrono::duration<double>(clock::now() - start).count();
}

/// Loss, speed and time left, on one line of standard error where a person may be watching.
class training_bar {
public:
    training_bar(run_options const& o, index_t first)
        : options_(o), first_(first), shown_(!o.quiet && isatty(STDERR_FILENO) == 1)
    {
    }
    training_bar(training_bar const&) = delete;
    training_bar& operator=(training_bar const&) = delete;
    ~training_bar()
    {
        if (shown_) std::fprintf(stderr, "\r%79s\r", "");
    }

    void preparing(double share) const
    {
        if (shown_) std::fprintf(stderr, "\rmaking scenes %3.0f %%", 100 * share);
    }

    void step(log_row const& row)
    {
        if (row.step == first_ + 1) started_ = clock::now();
        mean_loss_ = row.step == first_ + 1 ? row.loss : 0.95 * mean_loss_ + 0.05 * row.loss;
        double const done = static_cast<double>(row.step - first_ - 1), spent = seconds_since(started_);
        if (!shown_ || done < 1) return;
        double const left = spent / done * static_cast<double>(options_.iterations - row.step);
        std::fprintf(stderr, "\r%6ld of %ld  loss %.4f  %6.1f images/s  %02d:%02d:%02d left ",
                     static_cast<long>(row.step), static_cast<long>(options_.iterations), mean_loss_,
                     done * static_cast<double>(options_.batch.images) / spent, static_cast<int>(left / 3600),
                     static_cast<int>(left / 60) % 60, static_cast<int>(left) % 60);
        std::fflush(stderr);
    }

private:
    run_options const& options_;
    index_t first_;
    bool shown_;
    double mean_loss_ = 0;
    clock::time_point started_{};
};

/// All that decides what a run computes; a run goes on only with the same.
std::string run_text(network_config const& config, run_options const& o)
{
    std::ostringstream text;
    auto const& t = o.training;
    text << to_text(config) << " iterations=" << o.iterations << " images=" << o.batch.images
         << " crop=" << o.batch.width << "x" << o.batch.height << " jitter=" << o.batch.jitter << " scenes=" << o.scenes
         << " size=" << o.scene_width << "x" << o.scene_height << " seed=" << o.seed << " rate=" << t.optimiser.rate
         << " decay=" << t.optimiser.weight_decay << " clip=" << t.clip << " average=" << t.average.decay
         << " warm_up=" << o.warm_up;
    return text.str();
}

/// Seeds of the parts of a run, all from one.
enum class purpose { scenes = 1, held_out, crops };
std::uint64_t seed_of(run_options const& o, purpose p)
{
    return hyspn::data::stream_of(o.seed, static_cast<index_t>(p)).bits();
}

void save_all(network const& net, run_options const& o, std::string const& text, std::vector<log_row> const& log)
{
    if (o.out.empty()) return;
    write_log(log_file(o.out), log);  // first: what is in the log beyond the run's step is dropped when it goes on
    net.save_run(run_file(o.out), text, o.seed);
}

/// Steps whose loss or gradient is not finite are left out, but not for ever. Throws usage_error.
void require_progress(index_t refused, index_t step)
{
    constexpr index_t most = 20;
    if (refused > most)
        throw usage_error("training diverged: no finite gradient since step " + std::to_string(step + 1 - refused) +
                          "; a lower --rate may help");
}

/// The run in the folder of options, if it is to go on: its rows so far.
std::vector<log_row> resumed(network& net, run_options const& o, std::string const& text)
{
    if (!o.resume) return {};
    if (o.out.empty()) throw usage_error("to resume a run needs its folder");
    if (!std::filesystem::exists(run_file(o.out))) return {};  // stopped before its first step
    net.load_run(run_file(o.out), text);
    auto log = read_log(log_file(o.out));
    std::erase_if(log, [&](log_row const& row) { return row.step > net.steps(); });
    return log;
}

}  // namespace

std::filesystem::path weights_file(std::filesystem::path const& out)
{
    return out / "weights.safetensors";
}
std::filesystem::path run_file(std::filesystem::path const& out)
{
    return out / "run.safetensors";
}
std::filesystem::path log_file(std::filesystem::path const& out)
{
    return out / "log.csv";
}
std::filesystem::path curve_file(std::filesystem::path const& out)
{
    return out / "curve.svg";
}

examples_of_run make_run_examples(task const& t, run_options const& o, std::atomic<bool> const& stop)
{
    training_bar const bar(o, 0);
    auto const made = [&](purpose p, index_t count) {
        return make_examples(t, seed_of(o, p), count, o.scene_height, o.scene_width, o.threads, [&](double share) {
            bar.preparing(share);
            return !stop;
        });
    };
    examples_of_run examples{.training = made(purpose::scenes, o.scenes)};
    examples.validation = o.frames.empty() ? made(purpose::held_out, o.held_out)
                                           : load_frames(exec_policy{.threads = o.threads}, t, o.frames);
    return examples;
}

run_result train(network& net, task const& t, std::vector<example> const& examples,
                 std::vector<example> const& validation, run_options const& o, std::atomic<bool> const& stop)
{
    exec_policy const exec{.threads = o.threads};
    if (!o.out.empty()) std::filesystem::create_directories(o.out);
    auto const text = run_text(net.config(), o);
    run_result result{.log = resumed(net, o, text)};
    if (stop) return result;  // what was trained before is in its files
    training_bar bar(o, net.steps());
    hyspn::optim::schedule::cosine const rate{.rate = o.training.optimiser.rate,
                                              .least = o.training.optimiser.rate / 50,
                                              .steps = std::max(o.iterations, o.warm_up + 1),
                                              .warm_up = o.warm_up};
    index_t refused = 0;
    auto const started = clock::now();
    double const before = result.log.empty() ? 0 : result.log.back().seconds;
    while (net.steps() < o.iterations && !stop) {
        index_t const number = net.steps();
        auto const batch = cut_batch(examples, o.batch, hyspn::data::stream_of(seed_of(o, purpose::crops), number));
        auto const report = net.step(exec, o.training, rate(number), batch.arrays(),
                                     [&](exec_policy const& e, hyspn::view<float const, 4> out,
                                         hyspn::view<float, 4> dout) { return t.loss(e, batch, out, dout); });
        require_progress(refused = report.taken ? 0 : refused + 1, number);
        log_row row{number + 1, report.loss, report.gradient_norm, rate(number), before + seconds_since(started)};
        bool const last = net.steps() == o.iterations;
        if (!validation.empty() && (last || (number + 1) % o.validate_every == 0))
            row.validation = mean_scores(exec, net, t, validation);
        result.log.push_back(row);
        bar.step(row);
        if ((number + 1) % o.checkpoint_every == 0 && !last) save_all(net, o, text, result.log);
    }
    save_all(net, o, text, result.log);
    result.finished = net.steps() >= o.iterations;
    if (!o.out.empty()) {
        net.save_weights(weights_file(o.out));
        write_curve(curve_file(o.out), result.log);
    }
    return result;
}

scores mean_scores(exec_policy const& exec, network const& net, task const& t, std::vector<example> const& examples)
{
    std::vector<scores> rows;
    for (auto const& e : examples) rows.push_back(t.score(exec, e, net.forward(exec, e.arrays())));
    return mean_of(rows);
}

scores mean_of(std::vector<scores> const& rows)
{
    scores mean;
    if (rows.empty()) return mean;
    bool const failed =
        std::any_of(rows.begin(), rows.end(), [](scores const& row) { return std::isnan(row[0].second); });
    for (std::size_t k = 0; k < rows[0].size(); ++k) {
        double sum = 0, count = 0;
        for (auto const& row : rows)
            if (failed || !std::isnan(row[k].second)) {
                sum += row[k].second;
                ++count;
            }
        mean.emplace_back(rows[0][k].first, sum / count);
    }
    return mean;
}

hyspn::data::sample load_frame(std::filesystem::path const& folder, drawn_samples const& drawn)
{
    auto s = hyspn::data::load(hyspn::data::plain_files(folder));
    if (drawn.count > 0 && s.depth.size() > 0)
        s.sparse = hyspn::guidance::draw_samples(s.depth, drawn.count, drawn.seed);
    return s;
}

std::vector<example> load_frames(exec_policy const& exec, task const& t, std::filesystem::path const& folder,
                                 drawn_samples const& drawn)
{
    std::vector<example> frames;
    std::string reasons;
    for (auto const& files : hyspn::data::list_plain(folder)) {
        auto const frame = files.rgb.parent_path();
        try {
            auto e = t.from_sample(exec, load_frame(frame, drawn), frame.filename().string());
            if (e.target.size() > 0 || e.labels.size() > 0) frames.push_back(std::move(e));
        } catch (usage_error const& lacks) {
            reasons += std::string("; ") + lacks.what();
        }
    }
    if (frames.empty()) throw usage_error("no frame of " + folder.string() + " serves this task" + reasons);
    return frames;
}

}  // namespace learning
