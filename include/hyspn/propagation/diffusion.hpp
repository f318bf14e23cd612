// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/exec/pixel_sums.hpp>
#include <hyspn/propagation/fixed_point.hpp>
#include <hyspn/propagation/stencil.hpp>

/// \file
/// Random walk with restart: x_{t+1} = (1 - α) P x_t + α seed, with P the softmax of the gates over the neighbours
/// inside the image, centre included. In the axes: that normaliser, the centre in the set, and the seed injected after
/// each step with the same β = α everywhere.

namespace hyspn::propagation {

/// Read by the diffusions.
template <class T, class M = memory::host>
struct diffusion_inputs {
    view<T const, 4, M> initial{};  ///< x_0 [N, L, H, W]; of a fixed point the first guess, by default the seed
    view<T const, 4, M> gates{};    ///< [N, k², H, W], natural order, owned by the destination
    view<T const, 4, M> seed{};     ///< [N, L, H, W]
    view<T const, 4, M> active{};   ///< [N, 1, H, W], by default all pixels; as in inputs
};

/// Written by backward; what is left empty is not wanted.
template <class T, class M = memory::host>
struct diffusion_gradients {
    view<T, 4, M> initial{};  ///< of a fixed point 0: its solution does not depend on the guess
    view<T, 4, M> gates{};
    view<T, 4, M> seed{};
    T* alpha = nullptr;  ///< host memory
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

inline propagation::stencil diffusion_axes(index_t kernel, index_t steps)
{
    return {.kernel = kernel,
            .steps = steps,
            .normaliser = gate_normaliser::softmax_present,
            .centre = centre_term::in_set,
            .injection = propagation::injection_time::after};
}

/// A diffusion in the engine's terms: the seed is the measurement, and α, as a map, its confidence.
template <execution_policy P, class T, class M>
class diffusion_call {
public:
    diffusion_call(P const& exec, propagation::diffusion_inputs<T, M> const& in, double alpha)
        : exec_(exec), in_(in), alpha_(with_channels(in.seed, 1))
    {
        dispatch(exec_, hyspn::detail::fill_op<T, 4, M>{static_cast<T>(alpha), as_view(alpha_)});
    }

    propagation::inputs<T, M> inputs() const
    {
        return {.initial = propagation::present(in_.initial) ? in_.initial : in_.seed,
                .gates = in_.gates,
                .measured = in_.seed,
                .confidence = as_const(alpha_),
                .active = in_.active};
    }

    /// Where the engine's backward writes; then dα = Σ dβ.
    propagation::gradients<T, M> gradients(propagation::diffusion_gradients<T, M> const& d)
    {
        dalpha_ = tensor<T, 4, M>(alpha_.extents());
        return {.initial = d.initial, .gates = d.gates, .measured = d.seed, .confidence = as_view(dalpha_)};
    }
    void sum_alpha(propagation::diffusion_gradients<T, M> const& d) const
    {
        if (d.alpha) *d.alpha = sum_of(exec_, dalpha_);
    }

private:
    P exec_;
    propagation::diffusion_inputs<T, M> in_;
    tensor<T, 4, M> alpha_, dalpha_{};
};

}  // namespace hyspn::detail

namespace hyspn::propagation::presets {

/// T steps of the diffusion from the initial map.
struct diffusion {
    index_t kernel = 3;
    index_t steps = 24;
    double alpha = 0.1;  ///< in [0, 1]

    friend constexpr bool operator==(diffusion const&, diffusion const&) = default;

    /// The axes; the engine wants the seed as measurement and α everywhere as confidence.
    stencil axes() const { return hyspn::detail::diffusion_axes(kernel, steps); }

    /// x_T [N, L, H, W]. Throws as stencil::forward, and value_error for α.
    template <execution_policy P, class T>
    tensor<T, 4, typename P::memory_space> forward(P const& exec,
                                                   diffusion_inputs<T, typename P::memory_space> const& in) const
    {
        tensor<T, 4, typename P::memory_space> out(in.seed.extents());
        forward(exec, in, out);
        return out;
    }

    /// Writes it to `out` and fills `kept` for backward. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, diffusion_inputs<T, typename P::memory_space> const& in, Y&& out,
                 saved<T, typename P::memory_space>& kept) const
    {
        require("diffusion::forward");
        axes().forward(exec, call(exec, in).inputs(), out, kept);
    }

    /// The same for inference: keeps nothing. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void forward(P const& exec, diffusion_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        require("diffusion::forward");
        axes().forward(exec, call(exec, in).inputs(), out);
    }

    /// Writes the gradients asked for (dL/dα to its address), given dout = dL/dx_T [N, L, H, W] and what the training
    /// forward of the same inputs kept. Throws as stencil::backward, and value_error for α.
    template <execution_policy P, class T, view_of_rank<4> Y>
    void backward(P const& exec, diffusion_inputs<T, typename P::memory_space> const& in,
                  saved<T, typename P::memory_space> const& kept, Y const& dout,
                  diffusion_gradients<T, typename P::memory_space> const& d) const
    {
        require("diffusion::backward");
        auto engine = call(exec, in);
        axes().backward(exec, engine.inputs(), kept, dout, engine.gradients(d));
        engine.sum_alpha(d);
    }

private:
    template <execution_policy P, class T, class M>
    auto call(P const& exec, diffusion_inputs<T, M> const& in) const
    {
        return hyspn::detail::diffusion_call<P, T, M>(exec, in, alpha);
    }

    void require(char const* name) const
    {
        hyspn::detail::require_value(alpha >= 0 && alpha <= 1, name, "alpha", "in [0, 1]", alpha);
    }
};

/// The limit of the diffusion, x = (1 - α) P x + α seed, by an iterative solve; the gradient by one transposed solve.
struct diffusion_fixed_point {
    index_t kernel = 3;
    double alpha = 0.1;  ///< in (0, 1]
    double tolerance = 1e-6;
    index_t max_iterations = 1000;

    friend constexpr bool operator==(diffusion_fixed_point const&, diffusion_fixed_point const&) = default;

    /// What solves it; the engine wants the inputs as diffusion::axes says.
    fixed_point method() const
    {
        return {
            .axes = hyspn::detail::diffusion_axes(kernel, 0), .tolerance = tolerance, .max_iterations = max_iterations};
    }

    /// Writes the solution to `out` [N, L, H, W] and fills `kept` for backward. Throws as
    /// fixed_point::forward, and value_error for α.
    template <execution_policy P, class T, view_of_rank<4> Y>
    solver_report forward(P const& exec, diffusion_inputs<T, typename P::memory_space> const& in, Y&& out,
                          saved<T, typename P::memory_space>& kept) const
    {
        require("diffusion_fixed_point::forward");
        return method().forward(exec, call(exec, in).inputs(), out, kept);
    }

    /// The same for inference: the solution alone. Throws as above.
    template <execution_policy P, class T, view_of_rank<4> Y>
    solver_report forward(P const& exec, diffusion_inputs<T, typename P::memory_space> const& in, Y&& out) const
    {
        require("diffusion_fixed_point::forward");
        return method().forward(exec, call(exec, in).inputs(), out);
    }

    /// Writes the gradients asked for (dL/dα to its address), given dout = dL/dx [N, L, H, W] and what the training
    /// forward of the same inputs kept. Throws as fixed_point::backward, and value_error for α.
    template <execution_policy P, class T, view_of_rank<4> Y>
    solver_report backward(P const& exec, diffusion_inputs<T, typename P::memory_space> const& in,
                           saved<T, typename P::memory_space> const& kept, Y const& dout,
                           diffusion_gradients<T, typename P::memory_space> const& d) const
    {
        require("diffusion_fixed_point::backward");
        auto engine = call(exec, in);
        auto const report = method().backward(exec, engine.inputs(), kept, dout, engine.gradients(d));
        engine.sum_alpha(d);
        return report;
    }

private:
    template <execution_policy P, class T, class M>
    auto call(P const& exec, diffusion_inputs<T, M> const& in) const
    {
        return hyspn::detail::diffusion_call<P, T, M>(exec, in, alpha);
    }

    void require(char const* name) const
    {
        hyspn::detail::require_value(alpha > 0 && alpha <= 1, name, "alpha", "in (0, 1]", alpha);
    }
};

}  // namespace hyspn::propagation::presets
