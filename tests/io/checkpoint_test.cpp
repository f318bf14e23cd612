// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

#include <cstdint>

#include <io/files.hpp>
#include <io/network.hpp>
#include <support/catch.hpp>
#include <support/thrown.hpp>

#include <hyspn/exec/seq.hpp>
#include <hyspn/io/checkpoint.hpp>
#include <hyspn/optim/clip_gradient_norm.hpp>
#include <hyspn/optim/ema.hpp>
#include <hyspn/optim/riemannian_adam.hpp>
#include <hyspn/optim/riemannian_sgd.hpp>
#include <hyspn/optim/schedule.hpp>

namespace hyspn::testing {
namespace {

constexpr std::uint64_t seed = 0xfedcba9876543210u;
constexpr auto configuration = "riemannian_adam, width 32";

/// A run as a program has it.
template <class T>
struct training {
    network<T> params = random_network<T>(1), average = params;
    optim::state<T> run{};
    io::run_position at{.step = 0, .seed = seed, .configuration = configuration};

    template <class Optimiser>
    void steps(Optimiser optimiser, index_t n)
    {
        for (index_t end = at.step + n; at.step < end; ++at.step) {
            auto gradient = random_network<T>(at.seed + 10 * static_cast<std::uint64_t>(at.step));
            params.running_mean(0) += T(0.25);
            optim::clip_gradient_norm(exec::seq{}, gradient, 3);
            optimiser.rate = optim::schedule::cosine{.rate = 0.01, .steps = 20, .warm_up = 3}(at.step);
            optimiser.step(exec::seq{}, params, gradient, run);
            optim::ema{.decay = 0.9}.update(exec::seq{}, params, average, at.step);
        }
    }
    void save(std::filesystem::path const& path) const
    {
        io::save_checkpoint(path, at, io::part("parameters", params), io::part("average", average),
                            io::part("optimiser", run));
    }
    void load(std::filesystem::path const& path, std::string const& wanted = configuration)
    {
        at = io::load_checkpoint(path, wanted, io::part("parameters", params), io::part("average", average),
                                 io::part("optimiser", run));
    }
    std::vector<double> numbers() const
    {
        auto all = all_numbers(params);
        auto const more = all_numbers(average);
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
};

template <class T, class Optimiser>
void check_resumed(Optimiser const& optimiser)
{
    scratch_folder const folder;
    training<T> whole, first, second;
    whole.steps(optimiser, 10);
    first.steps(optimiser, 6);
    first.save(folder / "run");
    CHECK(folder.entries() == 1);
    second.params = second.average = random_network<T>(77);
    second.load(folder / "run");
    CHECK(second.at.step == 6);
    CHECK(second.at.seed == seed);
    CHECK(second.run.steps == 6);
    second.steps(optimiser, 4);
    CHECK(same_bits(second.numbers(), whole.numbers()));
}

}  // namespace

TEMPLATE_TEST_CASE("A run that was interrupted ends with the bits of one that was not", "", float, double)
{
    check_resumed<TestType>(optim::riemannian_adam{});
    check_resumed<TestType>(optim::riemannian_sgd{.momentum = 0.9});
    check_resumed<TestType>(optim::riemannian_sgd{});
}

TEST_CASE("A checkpoint replaces an older one, and its average alone can be read")
{
    scratch_folder const folder;
    training<float> run;
    run.save(folder / "run");
    run.steps(optim::riemannian_adam{}, 3);
    run.save(folder / "run");
    CHECK(folder.entries() == 1);
    auto average = random_network<float>(5);
    CHECK(io::load_checkpoint(folder / "run", configuration, io::part("average", average)).step == 3);
    CHECK(same_bits(all_numbers(average), all_numbers(run.average)));
    auto const at = io::checkpoint_position(folder / "run");
    CHECK(at.step == 3);
    CHECK(at.seed == seed);
    CHECK(at.configuration == configuration);
}

TEST_CASE("Checkpoints of another run are refused, by name, and nothing changes")
{
    scratch_folder const folder;
    auto const path = folder / "run";
    std::string const name = path.string();
    training<float> run;
    run.steps(optim::riemannian_adam{}, 2);
    run.save(path);
    auto const refused = [&](auto const& change, std::string const& wanted = configuration) {
        auto file = io::safetensors::read(path);
        change(file);
        file.write(folder / "changed");
        training<float> other;
        auto const before = other.numbers();
        auto message = thrown<io_error>([&] { other.load(folder / "changed", wanted); });
        CHECK(same_bits(other.numbers(), before));
        CHECK(other.run.steps == 0);
        CHECK(other.run.first.in<memory::host>().empty());
        return message;
    };
    std::string const changed = (folder / "changed").string();
    auto const same = [](io::safetensors&) {};
    CHECK_NOTHROW(training<float>{}.load(path));
    CHECK(refused(same, "adam") ==
          "load_checkpoint: the configuration of " + changed + " must be \"adam\", got \"riemannian_adam, width 32\"");
    CHECK(refused([](io::safetensors& file) { file.set("average.numbers", tensor<float, 1>(2)); }) ==
          "load_checkpoint: average.numbers in " + changed + " must be F32 [3, 37, 41], got F32 [2]");
    CHECK(refused([](io::safetensors& file) { file.set_scalar("parameters.more", 1.); }) ==
          "load_checkpoint: the arrays in " + changed +
              " must be those of the parameters, got parameters.more besides");
    CHECK(refused([](io::safetensors& file) { file.set("optimiser.first.1", tensor<double, 1>(2)); }) ==
          "load_checkpoint: optimiser.first.1 in " + changed + " must be F32 with one axis, got F64 [2]");
    CHECK(refused([](io::safetensors& file) { file.set_scalar("optimiser.first.size", std::int64_t{9}); }) ==
          "load_checkpoint: optimiser.first.4 in " + changed + " must be F32 with one axis, got nothing");
    CHECK(refused([](io::safetensors& file) { file.set("optimiser.second.0", tensor<float, 2>(2, 2)); }) ==
          "load_checkpoint: optimiser.second.0 in " + changed + " must be F32 with one axis, got F32 [2, 2]");
    CHECK(refused([](io::safetensors& file) { file.set_scalar("optimiser.steps", std::int64_t{-1}); }) ==
          "load_checkpoint: optimiser.steps in " + changed + " must be one I64 that is at least 0, got I64 []");
    CHECK(refused([](io::safetensors& file) { file.set_scalar("optimiser.steps", 2.); }) ==
          "load_checkpoint: optimiser.steps in " + changed + " must be one I64 that is at least 0, got F64 []");
    for (char const* bad : {"", "12x", "99999999999999999999"})
        CHECK(refused([&](io::safetensors& file) { file.metadata()["step"] = bad; }) ==
              "load_checkpoint: step of " + changed + " must be a whole number, as checkpoints have it, got \"" + bad +
                  "\"");
    CHECK(thrown<value_error>([&] {
              io::save_checkpoint(folder / "other", {}, io::part("a", run.params), io::part("a", run.average));
          }) == "save_checkpoint: the name of a part must be used once, got a twice");
    io::save_parameters(folder / "other", run.params);
    CHECK(thrown<io_error>([&] {
              io::checkpoint_position(folder / "other");
          }).starts_with("checkpoint_position: step of "));
}

}  // namespace hyspn::testing
