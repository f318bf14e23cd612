// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0

// Five steps of PyTorch 2.1.0 and geoopt 0.5.1 (its exact maps) in double precision.

#include <initializer_list>

#include <hyspn/optim/adam.hpp>
#include <hyspn/optim/riemannian_adam.hpp>
#include <hyspn/optim/riemannian_sgd.hpp>
#include <hyspn/optim/sgd.hpp>

#include "optim/support.hpp"
#include "support/catch.hpp"

namespace hyspn::testing {
namespace {

/// Minimises Σ x⁴/4 − bx from a fixed start.
template <class T, class Optimiser>
tensor<T, 1> five_steps(Optimiser const& optimiser)
{
    auto x = array_of<T>({0.5, -1.25, 2.0, 0.0});
    auto const b = array_of<T>({0.25, 1.5, -0.75, 0.125});
    typename Optimiser::template state<T> run;
    for (int t = 0; t < 5; ++t) {
        tensor<T, 1> g(4);
        for (index_t i = 0; i < 4; ++i) g(i) = x(i) * x(i) * x(i) - b(i);
        optimiser.step(exec::seq{}, x, g, run);
    }
    CHECK(run.steps == 5);
    return x;
}

template <class Optimiser>
void check_numbers(Optimiser const& optimiser, std::initializer_list<double> wanted)
{
    CHECK(largest_difference(five_steps<double>(optimiser), array_of<double>(wanted)) < 2e-15);
    CHECK(largest_difference(five_steps<float>(optimiser), array_of<double>(wanted)) < 2e-6);
}

/// Minimises Σ 2x³/3 + ax from two fixed points of the ball of c = 0.7.
template <class T, class Optimiser>
tensor<T, 2> five_ball_steps(Optimiser const& optimiser)
{
    ball_rows<T> x{rows_of<T>(3, {0.3, -0.2, 0.5, -0.7, 0.1, 0.4}), {T(0.7)}};
    auto const a = rows_of<T>(3, {0.2, 1.0, -0.4, 0.6, -0.3, 0.8});
    typename Optimiser::template state<T> run;
    for (int t = 0; t < 5; ++t) {
        auto g = a;
        for (index_t k = 0; k < g.size(); ++k) g.data()[k] += 2 * x.values.data()[k] * x.values.data()[k];
        optimiser.step(exec::seq{}, x, g, run);
    }
    return x.values;
}

template <class Optimiser>
void check_ball(Optimiser const& optimiser, std::initializer_list<double> wanted)
{
    CHECK(largest_difference(five_ball_steps<double>(optimiser), rows_of<double>(3, wanted)) < 5e-15);
    CHECK(largest_difference(five_ball_steps<float>(optimiser), rows_of<double>(3, wanted)) < 2e-6);
}

}  // namespace

TEST_CASE("sgd: the steps of PyTorch")
{
    check_numbers(optim::sgd{.rate = 0.03},
                  {0.51790715300045476, -0.83589103125361497, 1.2226302263342159, 0.018749841798198483});
    check_numbers(optim::sgd{.rate = 0.03, .weight_decay = 0.1},
                  {0.5106843389613871, -0.82270704072853962, 1.2067329252822649, 0.018637680806697393});
    check_numbers(optim::sgd{.rate = 0.03, .momentum = 0.9},
                  {0.54662092567979781, -0.16585473872629347, -0.044794918935213923, 0.049288562085765174});
    check_numbers(optim::sgd{.rate = 0.03, .momentum = 0.8, .nesterov = true, .weight_decay = 0.1},
                  {0.52893522972864015, -0.16345431445954742, 0.22765831661730995, 0.052788774314555142});
}

TEST_CASE("adam, adamw: the steps of PyTorch")
{
    check_numbers(optim::adam{.rate = 0.1},
                  {0.65797204008230792, -0.7585846211049827, 1.5102643641307829, 0.49279773903935076});
    check_numbers(optim::adam{.rate = 0.1, .decay1 = 0.8, .decay2 = 0.99, .epsilon = 1e-4, .weight_decay = 0.1},
                  {0.54131584082907902, -0.76375088893676224, 1.5160220433350746, 0.47105777619120326});
    check_numbers(optim::adamw{.rate = 0.1, .decay1 = 0.8, .decay2 = 0.99, .epsilon = 1e-4, .weight_decay = 0.1},
                  {0.63246446070557494, -0.71411428635214413, 1.4320584613417202, 0.47868218412579921});
}

TEST_CASE("riemannian_sgd, riemannian_adam: plain numbers take the steps of PyTorch")
{
    check_numbers(optim::riemannian_sgd{.rate = 0.03, .momentum = 0.8, .nesterov = true, .weight_decay = 0.1},
                  {0.52893522972864015, -0.16345431445954742, 0.22765831661730995, 0.052788774314555142});
    check_numbers(
        optim::riemannian_adam{.rate = 0.1, .decay1 = 0.8, .decay2 = 0.99, .epsilon = 1e-4, .weight_decay = 0.1},
        {0.54131584082907902, -0.76375088893676224, 1.5160220433350746, 0.47105777619120326});
}

TEST_CASE("riemannian_sgd: the steps of geoopt without momentum, where it has no slip")
{
    check_ball(optim::riemannian_sgd{.rate = 0.1}, {0.27581796608000164, -0.27385297863850838, 0.49423943245017549,
                                                    -0.75624534995678494, 0.10950763265301924, 0.3635136084579676});
    check_ball(optim::riemannian_sgd{.rate = 0.1, .weight_decay = 0.2},
               {0.27182868573278551, -0.27142732953915016, 0.48786971582712663, -0.75178783152015316,
                0.10891231057990911, 0.36047124965295585});
}

TEST_CASE("riemannian_adam: the steps of geoopt")
{
    check_ball(optim::riemannian_adam{.rate = 0.1}, {0.24979939421323363, -0.37185227574569801, 0.49416450495221592,
                                                     -0.80674065696106545, 0.11786015015285875, 0.33879233087541072});
    check_ball(optim::riemannian_adam{.rate = 0.1, .decay1 = 0.8, .decay2 = 0.99, .epsilon = 1e-3, .weight_decay = 0.2},
               {0.23980260121948327, -0.36918656888004103, 0.47917936667394612, -0.80256811804448192,
                0.11736205209039213, 0.33050633140561658});
}

}  // namespace hyspn::testing
