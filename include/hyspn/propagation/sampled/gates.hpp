// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/exec/elementwise.hpp>
#include <hyspn/propagation/normalise.hpp>
#include <hyspn/propagation/sampled/cells.hpp>
#include <hyspn/propagation/sampled/transposed.hpp>

/// \file
/// From raw gates to the weights of sampled neighbours: f(scale g) / divisor · κ, then normalised, and the adjoint.

namespace hyspn::detail {

/// f and its derivative.
template <class T>
struct gate_value {
    T value, slope;
};

/// The function of a gate before κ: f(scale g) / divisor.
template <class T, class M>
struct gate_map {
    gate_function function;
    T scale, divisor;
    view<T const, 1, M> gamma;

    HYSPN_HD T whole_divisor() const { return gamma.data_handle() ? divisor * (gamma(0) + T(1e-8)) : divisor; }

    HYSPN_HD gate_value<T> operator()(T g) const
    {
        using std::exp;
        using std::tanh;
        T const z = scale * g, by = whole_divisor();
        if (function == gate_function::identity) return {z / by, scale / by};
        if (function == gate_function::tanh) {
            T const t = tanh(z);
            return {t / by, scale * (T(1) - t * t) / by};
        }
        // The exponential of the smaller side, which cannot overflow.
        T const e = exp(z > T(0) ? -z : z), s = (z > T(0) ? T(1) : e) / (T(1) + e);
        return {s / by, scale * s * (T(1) - s) / by};
    }
};

/// What multiplies the gates of one step. Without a confidence it is 1.
template <class T, class M>
struct sampled_confidence {
    sample_points<T, M> points;
    view<T const, 4, M> map;

    HYSPN_HD T operator()(index_t n, index_t k, index_t y, index_t x) const
    {
        return map.data_handle() ? sample_at(map, n, 0, points(n, k, y, x)) : T(1);
    }
};

/// to = f(scale g) / divisor · κ for the K gates of one step.
template <class T, class M>
struct sampled_gates_op {
    gate_map<T, M> map;
    sampled_confidence<T, M> kappa;
    view<T const, 4, M> gates;
    view<T, 4, M> to;

    dims<4> shape() const { return to.extents(); }

    HYSPN_HD void operator()(index_t n, index_t k, index_t y, index_t x) const
    {
        to(n, k, y, x) = map(gates(n, k, y, x)).value * kappa(n, k, y, x);
    }
};

/// Its adjoint, from da to dg; da itself becomes dκ. Without a confidence it does not, and may be dgates.
template <class T, class M>
struct sampled_gates_adjoint_op {
    gate_map<T, M> map;
    sampled_confidence<T, M> kappa;
    view<T const, 4, M> gates;
    view<T, 4, M> da, dgates;

    dims<4> shape() const { return da.extents(); }

    HYSPN_HD void operator()(index_t n, index_t k, index_t y, index_t x) const
    {
        T const d = da(n, k, y, x);
        auto const f = map(gates(n, k, y, x));
        dgates(n, k, y, x) = d * kappa(n, k, y, x) * f.slope;
        if (kappa.map.data_handle()) da(n, k, y, x) = d * f.value;
    }
};

/// -da a / (γ + 1e-8): one gate's part of dγ.
template <class T, class M>
struct sampled_gamma_part {
    T const* da;
    T const* a;
    view<T const, 1, M> gamma;

    HYSPN_HD T operator()(index_t i) const { return -da[i] * a[i] / (gamma(0) + T(1e-8)); }
};

/// All weights [N, S·K, H, W] from the gates of the same shape.
template <class T, class M>
struct sampled_weights_op {
    propagation::sampled axes;
    propagation::sampled_inputs<T, M> in;
    view<T, 4, M> weights;

    index_t K() const { return axes.count(); }
    gate_map<T, M> map() const
    {
        return {axes.function, static_cast<T>(axes.gate_scale), static_cast<T>(axes.gate_divisor), in.gamma};
    }
    sampled_confidence<T, M> kappa(index_t set) const
    {
        return {confidence_points_of(axes, in.offsets, set),
                samples_confidence(axes) ? in.confidence : view<T const, 4, M>{}};
    }
    template <class V>
    auto of_set(V const& v, index_t set) const
    {
        return channels_of(v, set * K(), K());
    }
    stencil_normalise_op<T, M> normalise(view<T const, 4, M> a, view<T, 4, M> w) const
    {
        return {axes.normaliser, static_cast<T>(axes.epsilon), places_of(axes).window(), a, w};
    }
};

/// a = f κ, not yet normalised.
template <execution_policy P, class T, class M>
void sampled_gates(P const& exec, sampled_weights_op<T, M> const& op, view<T, 4, M> const& a)
{
    for (index_t s = 0; s < gate_sets(op.axes); ++s)
        dispatch(exec, sampled_gates_op<T, M>{op.map(), op.kappa(s), op.of_set(op.in.gates, s), op.of_set(a, s)});
}

/// Operation by operation.
template <execution_policy P, class T, class M>
void weigh_samples(P const& exec, sampled_weights_op<T, M> const& op)
{
    sampled_gates(exec, op, op.weights);
    for (index_t s = 0; s < gate_sets(op.axes); ++s) {
        auto const w = op.of_set(op.weights, s);
        dispatch(exec, op.normalise(w, w));
    }
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, sampled_weights_op<T, M> const& op)
{
    weigh_samples(exec, op);
}

/// Its adjoint: from dweights (consumed) to the gradients of gates, gamma and a sampled confidence; views without data
/// are left out.
template <class T, class M>
struct sampled_weights_adjoint_op {
    sampled_weights_op<T, M> of;  ///< with nothing to write
    view<T const, 4, M> weights;
    view<T, 4, M> dweights;  ///< dense; without a sampled confidence it may be dgates
    view<T, 4, M> dgates;
    view<T, 1, M> dgamma;
    view<T, 4, M> dconfidence;
};

/// dweights becomes da, where a are the gates before normalising.
template <execution_policy P, class T, class M>
void sampled_normalise_adjoint(P const& exec, sampled_weights_adjoint_op<T, M> const& op, view<T const, 4, M> const& a)
{
    auto const& of = op.of;
    for (index_t s = 0; s < gate_sets(of.axes); ++s) {
        auto const d = of.of_set(op.dweights, s);
        dispatch(exec, stencil_normalise_adjoint_op<T, M>{of.axes.normaliser, static_cast<T>(of.axes.epsilon),
                                                          of.of_set(a, s), of.of_set(op.weights, s), d, d});
    }
}

/// dκ goes to the four pixels around each place.
template <execution_policy P, class T, class M>
void sampled_confidence_adjoint(P const& exec, sampled_weights_adjoint_op<T, M> const& op)
{
    auto const& of = op.of;
    dispatch(exec, fill_op<T, 4, M>{T(0), op.dconfidence});
    tensor<T, 4, M> part(op.dconfidence.extents());
    for (index_t s = 0; s < gate_sets(of.axes); ++s) {
        transpose_samples(
            exec, sampled_transposed_op<T, M>{
                      of.kappa(s).points, of.of_set(view<T const, 4, M>(op.dweights), s), false, {}, as_view(part)});
        dispatch(exec, add_scaled_op<T, 4, M>{T(1), as_const(part), op.dconfidence});
    }
}

/// Operation by operation.
template <execution_policy P, class T, class M>
void weights_of_samples_back(P const& exec, sampled_weights_adjoint_op<T, M> const& op)
{
    auto const& of = op.of;
    {
        tensor<T, 4, M> a(op.weights.extents());
        sampled_gates(exec, of, as_view(a));
        sampled_normalise_adjoint(exec, op, as_const(a));
        if (op.dgamma.data_handle()) {
            T const sum =
                reduce(exec, a.size(), sampled_gamma_part<T, M>{op.dweights.data_handle(), a.data(), of.in.gamma});
            dispatch(exec, fill_op<T, 1, M>{sum, op.dgamma});
        }
    }
    for (index_t s = 0; s < gate_sets(of.axes); ++s)
        dispatch(exec, sampled_gates_adjoint_op<T, M>{of.map(), of.kappa(s), of.of_set(of.in.gates, s),
                                                      of.of_set(op.dweights, s), of.of_set(op.dgates, s)});
    if (samples_confidence(of.axes) && op.dconfidence.data_handle()) sampled_confidence_adjoint(exec, op);
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, sampled_weights_adjoint_op<T, M> const& op)
{
    weights_of_samples_back(exec, op);
}

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/sampled_gates.hpp>
#endif
