// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/exec/dispatch.hpp>
#include <hyspn/propagation/axes.hpp>

/// \file
/// Every combination of centre term and injection is an affine step x_{t+1} = C x_t + b with C and b fixed over time:
/// folding writes C as taps [N, J, H, W] (J = K, or K + 1 when the current value has a weight) and b as bias
/// [N, L, H, W]. β of exactly 0 ignores the measurement, NaN included; β of exactly 1 restores it bit for bit.

namespace hyspn::detail {

/// The step before folding: weights [N, K, H, W], rest = 1 - Σw [N, 1, H, W], and the maps of the injection.
/// An absent confidence has no data and counts as 0. A measured map of one channel serves all L.
template <class T, class M>
struct stencil_terms {
    centre_term centre;
    stencil_neighbours taps;
    view<T const, 4, M> weights, rest, initial, measured, confidence;

    HYSPN_HD index_t height() const { return initial.extent(2); }
    HYSPN_HD index_t width() const { return initial.extent(3); }
    HYSPN_HD index_t channels() const { return initial.extent(1); }

    HYSPN_HD bool anchors(index_t j) const
    {
        return centre == centre_term::in_set_anchor && j == taps.centre_channel();
    }

    /// What multiplies x_t at tap j.
    HYSPN_HD T tap(index_t n, index_t j, index_t y, index_t x) const
    {
        if (j == taps.in_window()) return rest(n, 0, y, x);
        return anchors(j) ? T(0) : weights(n, j, y, x);
    }

    /// What multiplies h0.
    HYSPN_HD T anchor(index_t n, index_t y, index_t x) const
    {
        if (centre == centre_term::anchor) return rest(n, 0, y, x);
        if (centre == centre_term::in_set_anchor) return weights(n, taps.centre_channel(), y, x);
        return T(0);
    }

    HYSPN_HD T beta(index_t n, index_t y, index_t x) const
    {
        return confidence.data_handle() ? confidence(n, 0, y, x) : T(0);
    }

    HYSPN_HD index_t measured_channel(index_t l) const { return measured.extent(1) == 1 ? 0 : l; }

    /// Where β is 0, infinities and NaN are no measurement.
    HYSPN_HD bool missing(index_t n, index_t l, index_t y, index_t x) const
    {
        T const s = measured(n, measured_channel(l), y, x);
        bool const finite = s - s == T(0);
        return confidence(n, 0, y, x) == T(0) && !finite;
    }

    /// What is injected; 0 where it is missing.
    HYSPN_HD T value(index_t n, index_t l, index_t y, index_t x) const
    {
        if (!confidence.data_handle() || missing(n, l, y, x)) return T(0);
        return measured(n, measured_channel(l), y, x);
    }

    /// The gradient of β: with a measurement missing, any but β = 0 would give NaN, and it is 0.
    HYSPN_HD T gradient_of_beta(index_t n, index_t y, index_t x, T gradient) const
    {
        for (index_t l = 0; l < measured.extent(1); ++l)
            if (missing(n, l, y, x)) return T(0);
        return gradient;
    }

    /// β s.
    HYSPN_HD T injected(index_t n, index_t l, index_t y, index_t x) const { return beta(n, y, x) * value(n, l, y, x); }
};

/// Injection after the step: C = (1 - β) [w, z], b = (1 - β) a h0 + β s.
template <class T, class M>
struct stencil_fold_after_op {
    stencil_terms<T, M> terms;
    view<T, 4, M> taps, bias;

    dims<3> shape() const { return {taps.extent(0), taps.extent(2), taps.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        T const keep = T(1) - terms.beta(n, y, x);
        for (index_t j = 0; j < taps.extent(1); ++j) taps(n, j, y, x) = keep * terms.tap(n, j, y, x);
        T const anchor = keep * terms.anchor(n, y, x);
        for (index_t l = 0; l < bias.extent(1); ++l)
            bias(n, l, y, x) = anchor * terms.initial(n, l, y, x) + terms.injected(n, l, y, x);
    }
};

/// From dtaps D and dbias B at the same pixel, sums over channels l understood:
/// dw = (1 - β) D, drest likewise or (1 - β) B h0, dβ = B s - Σ_j tap_j D_j - a B h0, ds = β B, dh0 += (1 - β) a B.
/// dweights may be dtaps.
template <class T, class M>
struct stencil_fold_after_adjoint_op {
    stencil_terms<T, M> terms;
    view<T const, 4, M> dtaps, dbias;
    view<T, 4, M> dweights, drest, dinitial, dmeasured, dconfidence;

    dims<3> shape() const { return {dtaps.extent(0), dtaps.extent(2), dtaps.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        T const keep = T(1) - terms.beta(n, y, x), a = terms.anchor(n, y, x);
        T danchor = T(0), dbeta = T(0);
        for (index_t l = 0; l < dbias.extent(1); ++l) {
            T const b = dbias(n, l, y, x);
            danchor += b * terms.initial(n, l, y, x);
            dbeta += b * terms.value(n, l, y, x);
            dinitial(n, l, y, x) += keep * a * b;
        }
        dbeta -= a * danchor;
        for (index_t j = 0; j < dtaps.extent(1); ++j) {
            T const d = dtaps(n, j, y, x);
            dbeta -= terms.tap(n, j, y, x) * d;
            if (j == terms.taps.in_window())
                drest(n, 0, y, x) = keep * d;
            else
                dweights(n, j, y, x) = keep * (terms.anchors(j) ? danchor : d);
        }
        if (terms.centre == centre_term::anchor) drest(n, 0, y, x) = keep * danchor;
        if (!terms.confidence.data_handle()) return;
        dconfidence(n, 0, y, x) = terms.gradient_of_beta(n, y, x, dbeta);
        for (index_t l = 0; l < dmeasured.extent(1); ++l) dmeasured(n, l, y, x) = T(0);
        for (index_t l = 0; l < dbias.extent(1); ++l)
            dmeasured(n, terms.measured_channel(l), y, x) += terms.beta(n, y, x) * dbias(n, l, y, x);
    }
};

/// Injection before the step, q = p + d_j: C_j(p) = tap_j(p) (1 - β(q)), b(p) = a h0(p) + Σ_j tap_j(p) β(q) s(q).
template <class T, class M>
struct stencil_fold_before_op {
    stencil_terms<T, M> terms;
    view<T, 4, M> taps, bias;

    dims<3> shape() const { return {taps.extent(0), taps.extent(2), taps.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        for (index_t l = 0; l < bias.extent(1); ++l)
            bias(n, l, y, x) = terms.anchor(n, y, x) * terms.initial(n, l, y, x);
        for (index_t j = 0; j < taps.extent(1); ++j) {
            auto const [dy, dx] = terms.taps[j];
            T const tap = terms.tap(n, j, y, x);
            taps(n, j, y, x) = tap;
            if (!inside(y + dy, x + dx, terms.height(), terms.width())) continue;
            taps(n, j, y, x) = tap * (T(1) - terms.beta(n, y + dy, x + dx));
            for (index_t l = 0; l < bias.extent(1); ++l) bias(n, l, y, x) += tap * terms.injected(n, l, y + dy, x + dx);
        }
    }
};

/// The part of its adjoint that belongs to p: dw_j = D_j (1 - β(q)) + B β(q) s(q), drest, dh0 += a B.
/// dweights may be dtaps only after stencil_fold_before_source_adjoint_op has run.
template <class T, class M>
struct stencil_fold_before_adjoint_op {
    stencil_terms<T, M> terms;
    view<T const, 4, M> dtaps, dbias;
    view<T, 4, M> dweights, drest, dinitial;

    dims<3> shape() const { return {dtaps.extent(0), dtaps.extent(2), dtaps.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        T danchor = T(0);
        for (index_t l = 0; l < dbias.extent(1); ++l) {
            danchor += dbias(n, l, y, x) * terms.initial(n, l, y, x);
            dinitial(n, l, y, x) += terms.anchor(n, y, x) * dbias(n, l, y, x);
        }
        for (index_t j = 0; j < dtaps.extent(1); ++j) {
            T const d = terms.anchors(j) ? danchor : dtap(n, j, y, x);
            if (j == terms.taps.in_window())
                drest(n, 0, y, x) = d;
            else
                dweights(n, j, y, x) = d;
        }
        if (terms.centre == centre_term::anchor) drest(n, 0, y, x) = danchor;
    }

private:
    HYSPN_HD T dtap(index_t n, index_t j, index_t y, index_t x) const
    {
        auto const [dy, dx] = terms.taps[j];
        if (!inside(y + dy, x + dx, terms.height(), terms.width())) return dtaps(n, j, y, x);
        T sum = dtaps(n, j, y, x) * (T(1) - terms.beta(n, y + dy, x + dx));
        for (index_t l = 0; l < dbias.extent(1); ++l) sum += dbias(n, l, y, x) * terms.injected(n, l, y + dy, x + dx);
        return sum;
    }
};

/// The part that belongs to q = p + d_j: dβ(q) = Σ_j tap_j(p) (B(p) s(q) - D_j(p)), ds(q) = β(q) Σ_j tap_j(p) B(p).
template <class T, class M>
struct stencil_fold_before_source_adjoint_op {
    stencil_terms<T, M> terms;
    view<T const, 4, M> dtaps, dbias;
    view<T, 4, M> dmeasured, dconfidence;

    dims<3> shape() const { return {dtaps.extent(0), dtaps.extent(2), dtaps.extent(3)}; }

    HYSPN_HD void operator()(index_t n, index_t y, index_t x) const
    {
        T dbeta = T(0);
        for (index_t l = 0; l < dmeasured.extent(1); ++l) dmeasured(n, l, y, x) = T(0);
        for (index_t j = 0; j < dtaps.extent(1); ++j) {
            auto const [dy, dx] = terms.taps[j];
            index_t const v = y - dy, u = x - dx;
            if (!inside(v, u, terms.height(), terms.width())) continue;
            T const tap = terms.tap(n, j, v, u);
            dbeta -= tap * dtaps(n, j, v, u);
            for (index_t l = 0; l < dbias.extent(1); ++l) {
                T const b = tap * dbias(n, l, v, u);
                dbeta += b * terms.value(n, l, y, x);
                dmeasured(n, terms.measured_channel(l), y, x) += terms.beta(n, y, x) * b;
            }
        }
        dconfidence(n, 0, y, x) = terms.gradient_of_beta(n, y, x, dbeta);
    }
};

}  // namespace hyspn::detail
