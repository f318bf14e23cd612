// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <concepts>

#include <hyspn/pipeline/stage.hpp>
#include <hyspn/propagation/diffusion.hpp>

namespace hyspn::detail {

/// to = (1 - β) h + β s for every map, h where β is 0 whatever s holds.
template <class T, class M>
struct blend_measured_op {
    view<T const, 4, M> h;     ///< [N, L, H, W]
    view<T const, 4, M> s;     ///< [N, L or 1, H, W]
    view<T const, 4, M> beta;  ///< [N, 1, H, W]
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }
    HYSPN_HD void operator()(index_t n, index_t l, index_t i, index_t j) const
    {
        T const b = beta(n, 0, i, j), value = h(n, l, i, j);
        to(n, l, i, j) = b == T(0) ? value : (1 - b) * value + b * s(n, s.extent(1) == 1 ? 0 : l, i, j);
    }
};

/// Its adjoint: dh = (1 - β) dto, dβ = Σ_l (s - h) dto, 0 where nothing was measured.
template <class T, class M>
struct blend_measured_adjoint_op {
    view<T const, 4, M> h, s, beta, dto;
    view<T, 4, M> dh;
    view<T, 4, M> dbeta;  ///< may be absent

    dims<4> shape() const { return {dh.extent(0), 1, dh.extent(2), dh.extent(3)}; }
    HYSPN_HD void operator()(index_t n, index_t, index_t i, index_t j) const
    {
        using std::isfinite;
        T const b = beta(n, 0, i, j);
        T sum = 0;
        bool measured = true;
        for (index_t l = 0; l < dh.extent(1); ++l) {
            T const g = dto(n, l, i, j), value = s(n, s.extent(1) == 1 ? 0 : l, i, j);
            measured = measured && isfinite(value);
            sum += (value - h(n, l, i, j)) * g;
            dh(n, l, i, j) = (1 - b) * g;
        }
        if (dbeta.data_handle()) dbeta(n, 0, i, j) = measured ? sum : T(0);
    }
};

}  // namespace hyspn::detail

namespace hyspn {

/// A random walk with restart (presets::diffusion, or its fixed point) from the initial map with the measurements
/// blended in, β = mask·confidence. The probability of a restart is learned: α = 1/(1 + exp(−alpha_logit)).
template <class Net>
struct diffusion_stage {
    Net net{};

    template <class T, class M = memory::host>
    struct params {
        T alpha_logit = 0;

        template <class Self, class F>
            requires std::same_as<std::remove_const_t<Self>, params>
        friend void for_each_leaf(Self& p, F&& f)
        {
            f("alpha_logit", view<std::conditional_t<std::is_const_v<Self>, T const, T>, 1>(&p.alpha_logit, {1}));
        }
    };

    template <class T, class M = memory::host>
    struct saved {
        tensor<T, 4, M> beta{}, seed{};
        propagation::saved<T, M> steps{};
    };

    index_t gates(index_t) const { return net.kernel * net.kernel; }
    index_t side(index_t) const { return 0; }

    /// α starts as the network's.
    template <class T, class M = memory::host>
    params<T, M> make_params() const
    {
        return {static_cast<T>(std::log(net.alpha) - std::log1p(-net.alpha))};
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, view<T, 4, M> const& out) const
    {
        saved<T, M> s;
        auto const arrays = seeded(exec, in, s);
        walk(p).forward(exec, arrays, out);
    }

    template <execution_policy P, class T, class M>
    void forward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, view<T, 4, M> const& out,
                 saved<T, M>& s) const
    {
        auto const arrays = seeded(exec, in, s);
        walk(p).forward(exec, arrays, out, s.steps);
    }

    template <execution_policy P, class T, class M>
    void backward(P const& exec, params<T, M> const& p, stage_inputs<T, M> const& in, saved<T, M> const& s,
                  view<T const, 4, M> const& dout, stage_gradients<T, M> const& d, params<T, M>& dp) const
    {
        auto const net_now = walk(p);
        propagation::diffusion_inputs<T, M> const arrays{.gates = in.gates, .seed = seed_of(in, s)};
        // Without a first map given, the walk starts from the seed, which so has two gradients.
        tensor<T, 4, M> dstart(in.initial.extents()), dseed(in.initial.extents());
        T dalpha = 0;
        net_now.backward(exec, arrays, s.steps, dout,
                         propagation::diffusion_gradients<T, M>{
                             .initial = as_view(dstart), .gates = d.gates, .seed = as_view(dseed), .alpha = &dalpha});
        dispatch(exec, detail::add_scaled_op<T, 4, M>{T(1), as_const(dstart), as_view(dseed)});
        unblend(exec, in, s, as_const(dseed), d);
        auto const alpha = static_cast<T>(net_now.alpha);
        dp.alpha_logit += dalpha * alpha * (1 - alpha);
    }

private:
    template <class T, class M>
    Net walk(params<T, M> const& p) const
    {
        auto walk = net;
        walk.alpha = 1 / (1 + std::exp(-static_cast<double>(p.alpha_logit)));
        return walk;
    }

    template <class T, class M>
    static view<T const, 4, M> beta_of(stage_inputs<T, M> const& in, saved<T, M> const& s)
    {
        return propagation::present(in.confidence) ? as_const(s.beta) : in.mask;
    }
    template <class T, class M>
    static view<T const, 4, M> seed_of(stage_inputs<T, M> const& in, saved<T, M> const& s)
    {
        return propagation::present(in.mask) ? as_const(s.seed) : in.initial;
    }

    template <execution_policy P, class T, class M>
    propagation::diffusion_inputs<T, M> seeded(P const& exec, stage_inputs<T, M> const& in, saved<T, M>& s) const
    {
        if (propagation::present(in.mask)) {
            auto const beta = detail::blending<T, M>::forward(exec, in, s.beta);
            detail::fit(s.seed, in.initial.extents());
            dispatch(exec, detail::blend_measured_op<T, M>{in.initial, in.measured, beta, as_view(s.seed)});
        }
        return {.gates = in.gates, .seed = seed_of(in, s)};
    }

    template <execution_policy P, class T, class M>
    void unblend(P const& exec, stage_inputs<T, M> const& in, saved<T, M> const& s, view<T const, 4, M> const& dseed,
                 stage_gradients<T, M> const& d) const
    {
        if (propagation::present(in.mask))
            dispatch(exec, detail::blend_measured_adjoint_op<T, M>{in.initial, in.measured, beta_of(in, s), dseed,
                                                                   d.initial, d.confidence});
        else
            dispatch(exec, detail::copy_op<T, 4, M>{dseed, d.initial});
        detail::blending<T, M>::backward(exec, in, d.confidence);
    }
};

inline diffusion_stage<propagation::presets::diffusion> as_stage(propagation::presets::diffusion const& net)
{
    return {net};
}
inline diffusion_stage<propagation::presets::diffusion_fixed_point> as_stage(
    propagation::presets::diffusion_fixed_point const& net)
{
    return {net};
}

}  // namespace hyspn
