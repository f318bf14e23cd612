// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <numbers>

#include <hyspn/core/config.hpp>
#include <hyspn/core/error.hpp>

/// \file
/// Learning rates as pure functions of the step t = 0, 1, …: `optimiser.rate = schedule(t)`. Those with `warm_up` rise
/// to their rate in that many steps, rate·(t + 1)/warm_up, and begin after them. All throw value_error for options or
/// steps outside their ranges.

namespace hyspn::optim::schedule {

namespace detail {

inline void require_step(char const* function, index_t t)
{
    hyspn::detail::require_value(t >= 0, function, "the step", "at least 0", static_cast<double>(t));
}

inline void require_warm_up(char const* function, index_t warm_up)
{
    hyspn::detail::require_value(warm_up >= 0, function, "warm_up", "at least 0", static_cast<double>(warm_up));
}

inline void require_span(char const* function, index_t warm_up, index_t steps)
{
    require_warm_up(function, warm_up);
    hyspn::detail::require_value(steps > warm_up, function, "steps", "greater than warm_up",
                                 static_cast<double>(steps));
}

inline double warmed(double rate, index_t t, index_t warm_up)
{
    return rate * static_cast<double>(t + 1) / static_cast<double>(warm_up);
}

/// How much of the way from warm_up to steps is done, from 0 to 1.
inline double progress(index_t t, index_t warm_up, index_t steps)
{
    return t >= steps ? 1 : static_cast<double>(t - warm_up) / static_cast<double>(steps - warm_up);
}

}  // namespace detail

/// The same rate for ever.
struct constant {
    double rate = 0.001;
    index_t warm_up = 0;

    double operator()(index_t t) const
    {
        detail::require_step("schedule::constant", t);
        detail::require_warm_up("schedule::constant", warm_up);
        return t < warm_up ? detail::warmed(rate, t, warm_up) : rate;
    }
};

/// least + (rate − least)·(1 + cos πp)/2, p the share of the steps after warm_up that is done (Loshchilov and Hutter,
/// SGDR, 2017, equation 5, without restarts); `least` from step `steps` on.
struct cosine {
    double rate = 0.001;
    double least = 0;
    index_t steps = 1;  ///< with those of warm_up
    index_t warm_up = 0;

    double operator()(index_t t) const
    {
        detail::require_step("schedule::cosine", t);
        detail::require_span("schedule::cosine", warm_up, steps);
        if (t < warm_up) return detail::warmed(rate, t, warm_up);
        double const p = detail::progress(t, warm_up, steps);
        return p < 1 ? least + (rate - least) * (1 + std::cos(std::numbers::pi * p)) / 2 : least;
    }
};

/// least + (rate − least)·(1 − p)^power, the schedule of DeepLab (Chen et al. 2018, "poly", power 0.9); `least` from
/// step `steps` on.
struct polynomial {
    double rate = 0.001;
    double least = 0;
    double power = 0.9;  ///< > 0
    index_t steps = 1;   ///< with those of warm_up
    index_t warm_up = 0;

    double operator()(index_t t) const
    {
        detail::require_step("schedule::polynomial", t);
        detail::require_span("schedule::polynomial", warm_up, steps);
        hyspn::detail::require_value(power > 0, "schedule::polynomial", "power", "positive", power);
        if (t < warm_up) return detail::warmed(rate, t, warm_up);
        return least + (rate - least) * std::pow(1 - detail::progress(t, warm_up, steps), power);
    }
};

/// rate·factorᵏ, k the number of times that `every` steps have passed since warm_up.
struct step_decay {
    double rate = 0.001;
    double factor = 0.1;
    index_t every = 1;
    index_t warm_up = 0;

    double operator()(index_t t) const
    {
        constexpr auto function = "schedule::step_decay";
        detail::require_step(function, t);
        detail::require_warm_up(function, warm_up);
        hyspn::detail::require_value(every >= 1, function, "every", "at least 1", static_cast<double>(every));
        if (t < warm_up) return detail::warmed(rate, t, warm_up);
        return rate * std::pow(factor, static_cast<double>((t - warm_up) / every));
    }
};

}  // namespace hyspn::optim::schedule
