// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <limits>

#include <hyspn/propagation/stencil.hpp>

namespace hyspn::propagation {

/// What the gates of a network can do to a map at worst. With C the weights on x_t and a those on h0, one step is
/// x_{t+1} = C x_t + a h0; neighbours outside the image have no weight. Injection, which only pulls towards the
/// measurements, is left out.
///
/// Σ|w| <= 1 over the neighbours alone promises nothing where the centre takes the rest, 1 - Σw, of the current value
/// (NLSPN, BP-Net): a row of |C| then sums to 1 + 2 · (negative mass), up to 3, and with all eight weights at -1/8 a
/// striped map grows 2.5-fold a step. Anchored on h0 (CSPN) the growth is linear in the steps.
struct stability_report {
    double max_row_sum = 0;     ///< max_p Σ_q |C(p, q)|; at most 1: no step enlarges max |x| by more than |a h0|
    double max_column_sum = 0;  ///< max_q Σ_p |C(p, q)|; at most 1: the same of Σ|x|, and of gradients in max norm
    double negative_mass = 0;   ///< max_p Σ_q max(0, -C(p, q)); 0 with a >= 0: a maximum principle
    double growth = 0;          ///< least b with max |x_T| <= b max(|x_0|, |h0|) for all maps if signs conspire
    double constant_error = 0;  ///< max_p |Σ_q C(p, q) + a(p) - 1|
    bool preserves_constants = false;  ///< constant_error is rounding
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

/// to = |from|, or max(0, -from) where `negative`; of NaN both are NaN.
template <class T, class M>
struct magnitude_op {
    bool negative;
    view<T const, 4, M> from;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }
    HYSPN_HD void operator()(index_t n, index_t k, index_t y, index_t x) const
    {
        T const v = from(n, k, y, x);
        to(n, k, y, x) = v < T(0) ? -v : negative && v >= T(0) ? T(0) : v;
    }
};

/// |x - c| at one place of a dense array; NaN is as far as can be.
template <class T>
struct distance_from {
    T const* x;
    T c;
    HYSPN_HD exec::largest<T> operator()(index_t i) const
    {
        T const d = x[i] - c;
        return {!(d == d) ? T(HUGE_VAL) : d < T(0) ? -d : d};
    }
};

/// The quantities of a stability_report from the folded step with a map of ones as h0, so that the bias is a.
template <execution_policy P, class T, class M>
class stability_measures {
public:
    stability_measures(P const& exec, stencil_neighbours const& neighbours, stencil_affine<T, M> const& step)
        : exec_(exec),
          neighbours_(neighbours),
          step_(step),
          ones_(step.bias.extents()),
          nothing_(step.bias.extents()),
          result_(step.bias.extents()),
          taps_(step.taps.extents()),
          bias_(step.bias.extents())
    {
        hyspn::detail::dispatch(exec_, fill_op<T, 4, M>{T(1), as_view(ones_)});
        hyspn::detail::dispatch(exec_, fill_op<T, 4, M>{T(0), as_view(nothing_)});
    }

    double constant_error()
    {
        apply(step_.taps, step_.bias);
        return farthest_from(T(1));
    }
    double negative_mass()
    {
        magnitudes(true);
        apply(taps_, nothing_);
        return farthest_from(T(0));
    }
    double max_row_sum()
    {
        magnitudes(false);
        apply(taps_, nothing_);
        return farthest_from(T(0));
    }
    double max_column_sum()
    {
        magnitudes(false);
        hyspn::detail::dispatch(
            exec_, stencil_transposed_op<T, M>{neighbours_, as_const(taps_), {}, as_const(ones_), as_view(result_)});
        return farthest_from(T(0));
    }
    double growth(index_t steps)
    {
        magnitudes(false);
        hyspn::detail::dispatch(
            exec_, stencil_iterate_op<T, M>{
                       neighbours_, steps, as_const(taps_), as_const(bias_), as_const(ones_), as_view(result_), {}});
        return farthest_from(T(0));
    }

private:
    void magnitudes(bool negative)
    {
        hyspn::detail::dispatch(exec_, magnitude_op<T, M>{negative, as_const(step_.taps), as_view(taps_)});
        hyspn::detail::dispatch(exec_, magnitude_op<T, M>{negative, as_const(step_.bias), as_view(bias_)});
    }
    void apply(tensor<T, 4, M> const& taps, tensor<T, 4, M> const& bias)
    {
        hyspn::detail::dispatch(exec_, stencil_step_op<T, M>{neighbours_, as_const(taps), as_const(bias),
                                                             as_const(ones_), as_view(result_)});
    }
    double farthest_from(T c) const
    {
        return static_cast<double>(reduce(exec_, result_.size(), distance_from<T>{result_.data(), c}).value);
    }

    P exec_;
    stencil_neighbours neighbours_;
    stencil_affine<T, M> const& step_;
    tensor<T, 4, M> ones_, nothing_, result_, taps_, bias_;
};

/// Whether the constant error is no more than rounding of sums of so many terms makes it.
template <class T>
bool is_rounding(propagation::stability_report const& r, index_t terms)
{
    double const rounding = static_cast<double>(terms) * static_cast<double>(std::numeric_limits<T>::epsilon());
    return std::isfinite(r.max_row_sum) && r.constant_error <= rounding * (1 + r.max_row_sum);
}

}  // namespace hyspn::detail

namespace hyspn::propagation {

/// The report for net.steps steps with these gates [N, K, H, W]; `active` as in inputs, by default every pixel. Costs
/// about as much as two forward passes. NaN and infinite gates make quantities infinite. Throws shape_error and
/// value_error as stencil::forward does.
template <execution_policy P, view_of_rank<4> G>
stability_report stability(P const& exec, stencil net, G const& gates,
                           view<value_type_of<G> const, 4, typename P::memory_space> active = {})
{
    using T = value_type_of<G>;
    using M = typename P::memory_space;
    char const* const name = "stability";
    net.injection = injection_time::none;
    net.injected = injected_value::measured;
    view<T const, 4, M> const raw = as_const(gates);
    tensor<T, 4, M> ones(hyspn::detail::with_channels(raw, 1));
    dispatch(exec, hyspn::detail::fill_op<T, 4, M>{T(1), as_view(ones)});
    inputs<T, M> const in{.initial = as_const(ones), .gates = raw, .active = active};
    hyspn::detail::require_options(name, net);
    hyspn::detail::require_inputs(name, net, in);

    auto const step = hyspn::detail::fold(exec, net, in);
    hyspn::detail::stability_measures<P, T, M> measure(exec, net.taps(), step);
    stability_report r{.max_row_sum = measure.max_row_sum(),
                       .max_column_sum = measure.max_column_sum(),
                       .negative_mass = measure.negative_mass(),
                       .growth = measure.growth(net.steps),
                       .constant_error = measure.constant_error()};
    r.preserves_constants = hyspn::detail::is_rounding<T>(r, net.gates() + 2);
    return r;
}

}  // namespace hyspn::propagation
