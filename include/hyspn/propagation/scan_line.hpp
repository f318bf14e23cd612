// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/propagation/scan_rule.hpp>

/// \file
/// Recurrences from line to line of an image: with neighbours j = 0 ... way - 1 on the previous line, at i + j - way/2,
///
///     h(t, i) = u(t, i) x(t, i) + Σ_j w_j(t, i) h(t - 1, i + j - way/2)
///
/// where w are normalised gates, 0 where the neighbour is absent, and u is 1 - Σ_j w_j or given. Each pixel owns its
/// gates. Their adjoint walks the other way.

namespace hyspn::detail {

/// The gates of one pixel after their first step (themselves, or their sigmoids) and normalised.
template <class T>
struct scan_weights {
    T own[3], w[3];
    T sum;      ///< what the gates are divided by, before it is kept from being small
    T divisor;  ///< and after
    T rest;     ///< 1 - Σ w
};

/// One scan of the maps x [N, L, H, W] with gates [N, way L, H, W], gate j of map l in channel j L + l.
template <class T, class M>
struct directed_scan {
    scan_frame frame;
    scan_rule rule;
    view<T const, 4, M> x, gates;
    view<T const, 4, M> factor;  ///< u [N, L, H, W]; without data u is 1 - Σ w

    HYSPN_HD bool present(index_t t, index_t i, index_t j) const
    {
        index_t const k = i + j - rule.way / 2;
        return !rule.starts(t) && k >= 0 && k < frame.across();
    }

    HYSPN_HD scan_weights<T> weights(index_t n, index_t l, index_t t, index_t i) const
    {
        using std::abs;
        using std::exp;
        scan_weights<T> s{};
        auto const [y, column] = frame.at(t, i);
        bool const sigmoid = rule.normalisation == scan_normalisation::sigmoid_share;
        for (index_t j = 0; j < rule.way; ++j) {
            T const g = gates(n, j * x.extent(1) + l, y, column);
            s.own[j] = !sigmoid ? g : present(t, i, j) ? T(1) / (T(1) + exp(-g)) : T(0);
            s.sum += abs(s.own[j]);
        }
        s.divisor = divisor_of(s.sum);
        s.rest = T(1);
        for (index_t j = 0; j < rule.way; ++j) {
            if (present(t, i, j)) s.w[j] = s.own[j] / s.divisor;
            s.rest -= s.w[j];
        }
        return s;
    }

    /// u from the pixel's weights.
    HYSPN_HD T input_weight(scan_weights<T> const& s, index_t n, index_t l, index_t y, index_t column) const
    {
        return factor.data_handle() ? factor(n, l, y, column) : s.rest;
    }

    /// Adjoint of gate j from G_j = dL/dw_j and c = Σ_j G_j w_j.
    HYSPN_HD T gate_adjoint(scan_weights<T> const& s, index_t j, T dw, T c) const
    {
        T const g = s.own[j];
        if (rule.normalisation == scan_normalisation::sigmoid_share) {
            T const through_sum = T(least_sigmoid_sum) > s.sum ? T(0) : c;
            return (dw - through_sum) / s.divisor * g * (T(1) - g);
        }
        if (rule.normalisation == scan_normalisation::if_above_one && !(s.sum > T(1))) return dw;
        if (s.sum == T(0)) return T(0);
        return (dw - (g > T(0) ? c : g < T(0) ? -c : T(0))) / s.divisor;
    }

private:
    HYSPN_HD T divisor_of(T sum) const
    {
        if (rule.normalisation == scan_normalisation::always) return sum == T(0) ? T(1) : sum;
        T const least = rule.normalisation == scan_normalisation::if_above_one ? T(1) : T(least_sigmoid_sum);
        return sum > least ? sum : least;
    }
};

/// Up to four scans of arrays of one shape.
template <class T, class M>
struct scan_set {
    directed_scan<T, M> each[4];
    index_t count;

    index_t most_lines() const
    {
        index_t most = 0;
        for (index_t d = 0; d < count; ++d) most = each[d].frame.lines() > most ? each[d].frame.lines() : most;
        return most;
    }
    /// Positions of the longest line.
    index_t most_across() const
    {
        index_t most = 0;
        for (index_t d = 0; d < count; ++d) most = each[d].frame.across() > most ? each[d].frame.across() : most;
        return most;
    }
};

/// All scans of a set at once; scan d writes h[d].
template <class T, class M>
struct scan_op {
    scan_set<T, M> scans;
    view<T, 5, M> h;  ///< [count, N, L, H, W]

    /// Lines, and the positions at which at() is to be called for each: [count N, L, across].
    index_t lines() const { return scans.most_lines(); }
    dims<3> line_shape() const { return {h.extent(0) * h.extent(1), h.extent(2), scans.most_across()}; }

    /// Position i of line t, once line t - 1 is there.
    HYSPN_HD void at(index_t t, index_t dn, index_t l, index_t i) const
    {
        index_t const d = dn / h.extent(1), n = dn % h.extent(1);
        auto const& scan = scans.each[d];
        if (t >= scan.frame.lines() || i >= scan.frame.across()) return;
        auto const [y, x] = scan.frame.at(t, i);
        auto const s = scan.weights(n, l, t, i);
        T sum = scan.input_weight(s, n, l, y, x) * scan.x(n, l, y, x);
        for (index_t j = 0; j < scan.rule.way; ++j) {
            if (!scan.present(t, i, j)) continue;
            auto const [v, u] = scan.frame.at(t - 1, i + j - scan.rule.way / 2);
            sum += s.w[j] * h(d, n, l, v, u);
        }
        h(d, n, l, y, x) = sum;
    }
};

/// Line t of every scan of an operation.
template <class Op>
struct scan_line_op {
    Op op;
    index_t t;

    dims<3> shape() const { return op.line_shape(); }
    HYSPN_HD void operator()(index_t dn, index_t l, index_t i) const { op.at(t, dn, l, i); }
};

/// Line by line, one launch for all scans.
template <execution_policy P, class T, class M>
void run_scans(P const& exec, scan_op<T, M> const& op)
{
    for (index_t t = 0; t < op.lines(); ++t) dispatch(exec, scan_line_op<scan_op<T, M>>{op, t});
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, scan_op<T, M> const& op)
{
    run_scans(exec, op);
}

/// Adjoint of the same scans: `lambda` comes as dL/dh[d] and leaves as what scan d adds to dL/dx. Gradients left empty
/// are not written.
template <class T, class M>
struct scan_adjoint_op {
    scan_set<T, M> scans;
    view<T const, 5, M> h;
    view<T, 5, M> lambda;
    view<T, 4, M> dgates[4], dfactor[4];
    bool accumulate;  ///< adds to dgates and dfactor

    index_t lines() const { return scans.most_lines(); }
    dims<3> line_shape() const { return {lambda.extent(0) * lambda.extent(1), lambda.extent(2), scans.most_across()}; }

    /// Line t of λ, complete but for what line t + 1 passes back: λ(t, i) += Σ_j w_j(t + 1, i') λ(t + 1, i') where
    /// i' + j - way/2 = i.
    HYSPN_HD void at(index_t t, index_t dn, index_t l, index_t i) const
    {
        index_t const d = dn / lambda.extent(1), n = dn % lambda.extent(1);
        auto const& scan = scans.each[d];
        index_t const way = scan.rule.way;
        if (t + 1 >= scan.frame.lines() || i >= scan.frame.across()) return;
        auto const [y, x] = scan.frame.at(t, i);
        T sum = lambda(d, n, l, y, x);
        for (index_t j = 0; j < way; ++j) {
            index_t const k = i - j + way / 2;
            if (k < 0 || k >= scan.frame.across() || !scan.present(t + 1, k, j)) continue;
            auto const [v, u] = scan.frame.at(t + 1, k);
            sum += scan.weights(n, l, t + 1, k).w[j] * lambda(d, n, l, v, u);
        }
        lambda(d, n, l, y, x) = sum;
    }
};

/// With λ complete: G_j = λ (h(t - 1, i + j - way/2) - x), without the x where u is given; du = x λ; dx = u λ.
template <class T, class M>
struct scan_adjoint_pixel_op {
    scan_adjoint_op<T, M> op;

    dims<4> shape() const
    {
        auto const& e = op.lambda.extents();
        return {e[0] * e[1], e[2], e[3], e[4]};
    }

    HYSPN_HD void operator()(index_t dn, index_t l, index_t y, index_t x) const
    {
        index_t const d = dn / op.lambda.extent(1), n = dn % op.lambda.extent(1);
        auto const& scan = op.scans.each[d];
        index_t const t = scan.frame.line_of(y, x), i = scan.frame.position_of(y, x), way = scan.rule.way;
        auto const s = scan.weights(n, l, t, i);
        T const input = scan.x(n, l, y, x), lambda = op.lambda(d, n, l, y, x);
        op.lambda(d, n, l, y, x) = scan.input_weight(s, n, l, y, x) * lambda;
        if (op.dfactor[d].data_handle()) put(op.dfactor[d](n, l, y, x), input * lambda);
        if (!op.dgates[d].data_handle()) return;
        T dw[3] = {T(0), T(0), T(0)}, c = T(0);
        for (index_t j = 0; j < way; ++j) {
            if (!scan.present(t, i, j)) continue;
            auto const [v, u] = scan.frame.at(t - 1, i + j - way / 2);
            T const before = op.h(d, n, l, v, u);
            dw[j] = lambda * (scan.factor.data_handle() ? before : before - input);
            c += dw[j] * s.w[j];
        }
        for (index_t j = 0; j < way; ++j)
            put(op.dgates[d](n, j * scan.x.extent(1) + l, y, x), scan.gate_adjoint(s, j, dw[j], c));
    }

private:
    HYSPN_HD void put(T& to, T value) const { to = op.accumulate ? to + value : value; }
};

template <execution_policy P, class T, class M>
void run_scans_back(P const& exec, scan_adjoint_op<T, M> const& op)
{
    for (index_t t = op.lines() - 2; t >= 0; --t) dispatch(exec, scan_line_op<scan_adjoint_op<T, M>>{op, t});
    dispatch(exec, scan_adjoint_pixel_op<T, M>{op});
}

template <execution_policy P, class T, class M>
void dispatch(P const& exec, scan_adjoint_op<T, M> const& op)
{
    run_scans_back(exec, op);
}

/// out = the largest of several maps, pixel by pixel.
template <class T, class M>
struct scan_merge_op {
    view<T const, 5, M> maps;
    view<T, 4, M> out;

    dims<4> shape() const { return out.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        T best = maps(0, n, l, y, x);
        for (index_t d = 1; d < maps.extent(0); ++d)
            if (maps(d, n, l, y, x) > best) best = maps(d, n, l, y, x);
        out(n, l, y, x) = best;
    }
};

/// Its adjoint: dmaps[d] is dout where map d was the first of the largest, else 0.
template <class T, class M>
struct scan_route_op {
    view<T const, 5, M> maps;
    view<T const, 4, M> dout;
    view<T, 5, M> dmaps;

    dims<4> shape() const { return dout.extents(); }

    HYSPN_HD void operator()(index_t n, index_t l, index_t y, index_t x) const
    {
        index_t first = 0;
        for (index_t d = 1; d < maps.extent(0); ++d)
            if (maps(d, n, l, y, x) > maps(first, n, l, y, x)) first = d;
        for (index_t d = 0; d < maps.extent(0); ++d) dmaps(d, n, l, y, x) = d == first ? dout(n, l, y, x) : T(0);
    }
};

}  // namespace hyspn::detail

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/propagation/scan_line.hpp>
#endif
#if HYSPN_HAS_CUDA
#include <hyspn/backends/cuda/propagation/scan_line.cuh>
#endif
