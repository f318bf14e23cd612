// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cmath>
#include <type_traits>

#include <hyspn/exec/dispatch.hpp>
#include <hyspn/propagation/arrays.hpp>

/// \file
/// What the networks that mix windows of 3, 5 and 7 pixels read, write and keep, and how they mix: with the maps x_qj
/// of window q after snapshot j,
///
///     out(p) = Σ_q σ_q(p) Σ_j λ_qj(p) x_qj(p)
///
/// where σ is a softmax over the windows and λ one over the snapshots, each pixel its own.

namespace hyspn::propagation {

/// The windows of a mixture.
inline constexpr std::array<index_t, 3> mixture_kernels{3, 5, 7};

/// Read by forward and backward of a mixture of windows; each network says which it wants.
template <class T, class M = memory::host>
struct mixture_inputs {
    view<T const, 4, M> initial{};               ///< h0 [N, L, H, W]
    std::array<view<T const, 4, M>, 3> gates{};  ///< raw, of each window: [N, 8, H, W], [N, 24, H, W], [N, 48, H, W]
    view<T const, 4, M> sigma{};                 ///< [N, 3, H, W], weights of the windows before the softmax
    view<T const, 4, M> lambda{};                ///< weights of the snapshots before the softmax
    view<T const, 4, M> confidence{};            ///< before the sigmoid
    view<T const, 4, M> measured{};              ///< s [N, L, H, W], or [N, 1, H, W] for all maps
    view<T const, 4, M> mask{};                  ///< [N, 1, H, W], 1 where s was measured, else 0; NaN there is allowed
};

/// Written by backward, in the shapes of mixture_inputs; a gradient left empty is not wanted. None reaches the mask.
template <class T, class M = memory::host>
struct mixture_gradients {
    view<T, 4, M> initial{};
    std::array<view<T, 4, M>, 3> gates{};
    view<T, 4, M> sigma{};
    view<T, 4, M> lambda{};
    view<T, 4, M> confidence{};
    view<T, 4, M> measured{};
};

/// What forward leaves for backward: of each window what its stencil keeps, the snapshots [3 S, N, L, H, W], window by
/// window, and β [N, 1 or 3, H, W].
template <class T, class M = memory::host>
struct mixture_saved {
    std::array<saved<T, M>, 3> windows{};
    tensor<T, 5, M> snapshots{};
    tensor<T, 4, M> beta{};
};

}  // namespace hyspn::propagation

namespace hyspn::detail {

/// Whose weights the snapshots have.
enum class snapshot_weights {
    none,                ///< one snapshot, which needs none
    of_window,           ///< λ [N, 3 S, H, W]: a softmax over S for each window
    shared_with_initial  ///< λ [N, S + 1, H, W]: one softmax over the initial map and S snapshots, for all windows
};

inline constexpr index_t mixture_windows = 3;
inline constexpr index_t most_snapshots = 4;

/// How many snapshots a mixture has, and how they are weighed.
struct mixture_form {
    index_t snapshots;
    snapshot_weights weights;

    HYSPN_HD index_t maps() const { return mixture_windows * snapshots; }
    HYSPN_HD index_t lambdas() const
    {
        if (weights == snapshot_weights::none) return 0;
        return weights == snapshot_weights::of_window ? maps() : snapshots + 1;
    }
    /// Where λ_qj is among the channels of λ.
    HYSPN_HD index_t lambda_of(index_t q, index_t j) const
    {
        return weights == snapshot_weights::of_window ? q * snapshots + j : 1 + j;
    }
};

/// One number, or a vector of them (simd::pack), at p.
template <class V, class T>
HYSPN_HD V load_columns(T const* p)
{
    if constexpr (std::is_same_v<V, T>)
        return *p;
    else
        return V::load(p);
}
template <class V, class T>
HYSPN_HD void store_columns(V const& v, T* p)
{
    if constexpr (std::is_same_v<V, T>)
        *p = v;
    else
        v.store(p);
}

/// The larger, lane by lane.
template <class V>
HYSPN_HD V larger_of(V const& a, V const& b)
{
    if constexpr (requires { a.v; })
        return V(a < b ? b.v : a.v);
    else
        return a < b ? b : a;
}

/// Softmax in place.
template <class V>
HYSPN_HD void softmax_columns(V* v, index_t count)
{
    using std::exp;
    V largest = v[0], total{};
    for (index_t i = 1; i < count; ++i) largest = larger_of(largest, v[i]);
    for (index_t i = 0; i < count; ++i) {
        v[i] = exp(v[i] - largest);
        total = total + v[i];
    }
    for (index_t i = 0; i < count; ++i) v[i] = v[i] / total;
}

/// Its adjoint, in place: dv becomes v (dv - Σ v dv).
template <class V>
HYSPN_HD void softmax_adjoint_columns(V const* v, V* dv, index_t count)
{
    V c{};
    for (index_t i = 0; i < count; ++i) c = c + v[i] * dv[i];
    for (index_t i = 0; i < count; ++i) dv[i] = v[i] * (dv[i] - c);
}

/// σ and λ of one pixel, or of a vector of columns.
template <class V>
struct mixture_weights {
    mixture_form form;
    V sigma[mixture_windows];
    V lambda[mixture_windows * most_snapshots];

    template <class T, class M>
    HYSPN_HD mixture_weights(mixture_form const& f, view<T const, 4, M> const& raw_sigma,
                             view<T const, 4, M> const& raw_lambda, index_t n, index_t y, index_t x)
        : form(f)
    {
        for (index_t q = 0; q < mixture_windows; ++q) sigma[q] = load_columns<V>(&raw_sigma(n, q, y, x));
        for (index_t i = 0; i < form.lambdas(); ++i) lambda[i] = load_columns<V>(&raw_lambda(n, i, y, x));
        softmax_columns(sigma, mixture_windows);
        for (index_t g = 0; g < groups(); ++g) softmax_columns(lambda + g * group_size(), group_size());
    }

    /// Of x_qj.
    HYSPN_HD V operator()(index_t q, index_t j) const
    {
        return form.weights == snapshot_weights::none ? sigma[q] : sigma[q] * lambda[form.lambda_of(q, j)];
    }
    HYSPN_HD bool has_initial() const { return form.weights == snapshot_weights::shared_with_initial; }
    /// Of h0.
    HYSPN_HD V initial() const { return has_initial() ? lambda[0] : V{}; }

    /// From the gradients d of the weights above, window by window and that of h0 last, to those of raw σ and λ.
    HYSPN_HD void adjoint(V const* d, V* dsigma, V* dlambda) const
    {
        for (index_t q = 0; q < mixture_windows; ++q) dsigma[q] = V{};
        for (index_t i = 0; i < form.lambdas(); ++i) dlambda[i] = V{};
        if (has_initial()) dlambda[0] = d[form.maps()];
        for (index_t q = 0; q < mixture_windows; ++q)
            for (index_t j = 0; j < form.snapshots; ++j) {
                V const dw = d[q * form.snapshots + j];
                index_t const i = form.lambda_of(q, j);
                bool const weighed = form.weights != snapshot_weights::none;
                dsigma[q] = dsigma[q] + (weighed ? lambda[i] * dw : dw);
                if (weighed) dlambda[i] = dlambda[i] + sigma[q] * dw;
            }
        softmax_adjoint_columns(sigma, dsigma, mixture_windows);
        for (index_t g = 0; g < groups(); ++g)
            softmax_adjoint_columns(lambda + g * group_size(), dlambda + g * group_size(), group_size());
    }

private:
    HYSPN_HD index_t groups() const
    {
        if (form.weights == snapshot_weights::none) return 0;
        return has_initial() ? 1 : mixture_windows;
    }
    HYSPN_HD index_t group_size() const { return has_initial() ? form.snapshots + 1 : form.snapshots; }
};

/// out = Σ_qj σ_q λ_qj x_qj, and λ_0 h0 where that takes part.
template <class T, class M>
struct mixture_op {
    mixture_form form;
    view<T const, 4, M> sigma, lambda, initial;
    view<T const, 5, M> maps;  ///< [3 S, N, L, H, W]
    view<T, 4, M> out;

    dims<3> shape() const { return {out.extent(0), out.extent(2), out.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const { columns<T>(n, y, x); }

    template <class V>
    HYSPN_HD void columns(index_t n, index_t y, index_t x) const
    {
        mixture_weights<V> const weight(form, sigma, lambda, n, y, x);
        for (index_t l = 0; l < out.extent(1); ++l) {
            V sum{};
            if (weight.has_initial()) sum = weight.initial() * load_columns<V>(&initial(n, l, y, x));
            for (index_t q = 0; q < mixture_windows; ++q)
                for (index_t j = 0; j < form.snapshots; ++j)
                    sum = sum + weight(q, j) * load_columns<V>(&maps(q * form.snapshots + j, n, l, y, x));
            store_columns(sum, &out(n, l, y, x));
        }
    }
};

/// Writes dx_qj = σ_q λ_qj dout, dh0 = λ_0 dout, and the gradients of raw σ and λ.
template <class T, class M>
struct mixture_adjoint_op {
    mixture_form form;
    view<T const, 4, M> sigma, lambda, initial;
    view<T const, 5, M> maps;
    view<T const, 4, M> dout;
    view<T, 5, M> dmaps;
    view<T, 4, M> dinitial, dsigma, dlambda;

    dims<3> shape() const { return {dout.extent(0), dout.extent(2), dout.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const { columns<T>(n, y, x); }

    template <class V>
    HYSPN_HD void columns(index_t n, index_t y, index_t x) const
    {
        mixture_weights<V> const weight(form, sigma, lambda, n, y, x);
        V dweights[mixture_windows * most_snapshots + 1];
        for (index_t i = 0; i <= form.maps(); ++i) dweights[i] = V{};
        for (index_t l = 0; l < dout.extent(1); ++l) {
            V const d = load_columns<V>(&dout(n, l, y, x));
            store_columns(V(weight.initial() * d), &dinitial(n, l, y, x));
            dweights[form.maps()] = dweights[form.maps()] + d * load_columns<V>(&initial(n, l, y, x));
            for (index_t q = 0; q < mixture_windows; ++q)
                for (index_t j = 0; j < form.snapshots; ++j) {
                    index_t const i = q * form.snapshots + j;
                    dweights[i] = dweights[i] + d * load_columns<V>(&maps(i, n, l, y, x));
                    store_columns(V(weight(q, j) * d), &dmaps(i, n, l, y, x));
                }
        }
        V ds[mixture_windows], dl[mixture_windows * most_snapshots];
        weight.adjoint(dweights, ds, dl);
        for (index_t q = 0; q < mixture_windows; ++q) store_columns(ds[q], &dsigma(n, q, y, x));
        for (index_t i = 0; i < form.lambdas(); ++i) store_columns(dl[i], &dlambda(n, i, y, x));
    }
};

/// β = mask · sigmoid(raw), for one mask and one or three maps of confidence.
template <class T, class M>
struct mixture_confidence_op {
    view<T const, 4, M> raw, mask;
    view<T, 4, M> beta;

    dims<4> shape() const { return beta.extents(); }

    HYSPN_HD void operator()(index_t n, index_t q, index_t y, index_t x) const { columns<T>(n, q, y, x); }

    template <class V>
    HYSPN_HD void columns(index_t n, index_t q, index_t y, index_t x) const
    {
        using std::exp;
        V const one = V(T(1)), confidence = one / (one + exp(-load_columns<V>(&raw(n, q, y, x))));
        store_columns(V(load_columns<V>(&mask(n, 0, y, x)) * confidence), &beta(n, q, y, x));
    }
};

/// draw = dβ mask c (1 - c) with c = sigmoid(raw); in place where draw is dβ.
template <class T, class M>
struct mixture_confidence_adjoint_op {
    view<T const, 4, M> raw, mask, dbeta;
    view<T, 4, M> draw;

    dims<4> shape() const { return draw.extents(); }

    HYSPN_HD void operator()(index_t n, index_t q, index_t y, index_t x) const { columns<T>(n, q, y, x); }

    template <class V>
    HYSPN_HD void columns(index_t n, index_t q, index_t y, index_t x) const
    {
        using std::exp;
        V const one = V(T(1)), c = one / (one + exp(-load_columns<V>(&raw(n, q, y, x))));
        V const m = load_columns<V>(&mask(n, 0, y, x)), d = load_columns<V>(&dbeta(n, q, y, x));
        store_columns(V(d * m * c * (one - c)), &draw(n, q, y, x));
    }
};

/// mask = 1 where the measurement exceeds a threshold, else 0 (also where it is NaN).
template <class T, class M>
struct measured_above_op {
    view<T const, 4, M> measured;
    T threshold;
    view<T, 4, M> mask;

    dims<4> shape() const { return mask.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        mask(n, l, y, x) = measured(n, l, y, x) > threshold ? T(1) : T(0);
    }
};

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/mixture.hpp>
#endif
