// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <memory>

#include <hyspn/backends/omp/manifold/fold.hpp>
#include <hyspn/backends/omp/tiles.hpp>
#include <hyspn/manifold/poincare/weighted_midpoint.hpp>

/// \file
/// The gyromidpoint of sets whose points are contiguous rows of at least a register: the passes of find_midpoint with
/// registers along a point, one set after the other in a thread's own memory. Sets of floats are computed in double.

namespace hyspn::detail {

/// Whether a batch is for registers. The compensated sums of doubles need a fused multiply-add.
template <class T>
bool in_registers(set_batch<T, memory::host> const& sets)
{
    return (sizeof(T) < sizeof(double) || simd::fuses) && sets.extent() >= simd::pack<T>::size &&
           sets.points.stride(2) == 1;
}

template <std::floating_point T>
index_t sets_with_scratch(exec::omp const&, set_batch<T, memory::host> const& sets)
{
    return in_registers(sets) ? 0 : sets.count();
}

/// find_midpoint and its quantities, for one set at a time.
template <class T>
class midpoint_registers {
public:
    using arithmetic = block_arithmetic<T>;
    using V = typename arithmetic::V;
    using sum = typename arithmetic::sum;
    using set_type = signed_set<T, memory::host>;

    midpoint_registers(index_t points, index_t extent)
        : extent_(extent), blocks_(register_row<T>::blocks(extent)), complements_(points), m_(blocks_), f_(blocks_)
    {
    }

    index_t blocks() const { return blocks_; }
    double complement_of(index_t k) const { return complements_(k); }
    /// m, to more digits than T has.
    V place(index_t b) const { return m_(b).value(); }
    simd::pack<T> rounded_place(index_t b) const { return arithmetic::rounded(m_(b).rounded()); }
    register_row<T const> row(set_type const& set, index_t k) const { return {&set.points(k, 0), extent_}; }
    /// sign·y and sign·y − m, a block of it.
    V point(register_row<T const> const& y, V sign, index_t b) const { return sign * arithmetic::load(y, b); }
    V from_m(V y, index_t b) const { return m_(b).from(y); }

    /// Σ a(b) b(b).
    template <class A, class B>
    double dot(A const& a, B const& b) const
    {
        sum s;
        for (index_t block = 0; block < blocks_; ++block) s.add_product(a(block), b(block));
        return s.total();
    }

    /// What midpoint_sums is: A, W, E, with F in f.
    struct sums {
        double a, mass, e;
        double length() const { return mass + 2 * e / a; }
    };

    void find(double c, set_type const& set)
    {
        using std::sqrt;
        constexpr int most_passes = 16;  // see find_midpoint
        start(c, set);
        for (int pass = 0; pass < most_passes && !set.empty(); ++pass) {
            sums const at = see(c, set);
            double const f2 = 4 * c * dot(f_at(), f_at()) / (at.a * at.a), time = at.length();
            double const least = at.mass * at.mass, known = 64 * math_traits<double>::unit_roundoff * time * time;
            double r2 = least + 4 * at.mass * at.e / at.a + (4 * at.e * at.e / (at.a * at.a) - f2);
            if (r2 < least) r2 = least;
            if (r2 < known) r2 = known;
            double const root = sqrt(r2), whole = root + sqrt(r2 + f2);
            advance(c, at.a, 2 / (at.a * whole), 2 * root / whole);
            if (!(f2 > r2 * arithmetic::slack)) return;
        }
    }

    /// The sums of a set seen from m.
    sums see(double c, set_type const& set)
    {
        sum square;
        for (index_t b = 0; b < blocks_; ++b) {
            square.add_product(m_(b).rounded(), m_(b).rounded());
            f_(b) = {};
        }
        auto const rest = [this](index_t b) { return m_(b).value() - m_(b).rounded(); };
        double const beyond = dot([this](index_t b) { return m_(b).rounded(); }, rest);
        double const a = square.rest_of_one(c) - 2 * c * beyond;
        compensated_sum<double> masses(0), squares(0);
        for (index_t k = 0; k < set.size(); ++k) {
            double const w = static_cast<double>(set.mass(k)), share = w / complements_(k);
            auto const y = row(set, k);
            V const sign(static_cast<double>(set.sign(k))), pull(a * share);
            sum distance;
            for (index_t b = 0; b < blocks_; ++b) {
                V const delta = from_m(point(y, sign, b), b);
                distance.add_product(delta, delta);
                f_(b).add(pull * delta);
            }
            masses.add(w);
            squares.add(share * (c * distance.total()));
        }
        V const e(squares.value());
        for (index_t b = 0; b < blocks_; ++b) f_(b).add(V(0.0) - e * m_(b).rounded());
        return {a, masses.value(), squares.value()};
    }

private:
    auto f_at() const
    {
        return [this](index_t b) { return f_(b).value(); };
    }

    void start(double c, set_type const& set)
    {
        for (index_t k = 0; k < set.size(); ++k) {
            auto const y = row(set, k);
            sum square;
            for (index_t b = 0; b < blocks_; ++b) {
                V const x = arithmetic::load(y, b);
                square.add_product(x, x);
            }
            complements_(k) = square.rest_of_one(c);
        }
        auto const first = row(set, set.heaviest);
        V const sign(set.empty() ? 0 : static_cast<double>(set.sign(set.heaviest)));
        for (index_t b = 0; b < blocks_; ++b) {
            m_(b) = {};
            m_(b).add(point(first, sign, b));
        }
    }

    /// m ⊕ r, r = scale·F, of complement `rest`, as fine_point::advance.
    void advance(double c, double a, double scale, double rest)
    {
        auto const r = [this, by = V(scale)](index_t b) { return by * f_(b).value(); };
        auto const end = [&](index_t b) { return m_(b).rounded() + r(b); };
        double const square = c * dot(r, r), d = a * rest + c * dot(end, end);
        V const on_r(a / d), on_m(a / d * square);
        for (index_t b = 0; b < blocks_; ++b) m_(b).add(on_r * r(b) + on_m * m_(b).rounded());
    }

    index_t extent_, blocks_;
    tensor<double, 1> complements_;
    tensor<typename arithmetic::fine, 1> m_, f_;
};

/// body(registers, n) for every set, some sets of one thread at a time.
template <class T, class Body>
void for_each_set(exec::omp const& exec, set_batch<T, memory::host> const& sets, Body const& body)
{
    constexpr index_t some = 32;
    auto const make_worker = [&] { return std::make_unique<midpoint_registers<T>>(sets.size(), sets.extent()); };
    auto const run = [&](auto& registers, index_t tile) {
        for (index_t n = tile * some; n < std::min((tile + 1) * some, sets.count()); ++n) body(registers, n);
    };
    for_each_tile(exec, (sets.count() + some - 1) / some, make_worker, run, 1);
}

/// Writes a block of a row of any stride.
template <class T>
void store_block(view<T, 1> const& x, index_t b, simd::pack<T> block)
{
    if (x.stride(0) == 1) return register_row<T>{x.data_handle(), x.extent(0)}.store(b, block);
    index_t const first = b * block.size, end = std::min(first + block.size, x.extent(0));
    for (index_t i = first; i < end; ++i) x(i) = block.v[i - first];
}

/// Reads a block of a row of any stride.
template <class T>
simd::pack<T> load_block(view<T const, 1> const& x, index_t b)
{
    if (x.stride(0) == 1) return register_row<T const>{x.data_handle(), x.extent(0)}.load(b);
    simd::pack<T> block(T(0));
    index_t const first = b * block.size, end = std::min(first + block.size, x.extent(0));
    for (index_t i = first; i < end; ++i) block.v[i - first] = x(i);
    return block;
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, weighted_midpoint_op<T, memory::host> const& op)
{
    if (!in_registers(op.sets)) return parallel_for(exec, op.shape(), op);
    for_each_set(exec, op.sets, [&](midpoint_registers<T>& registers, index_t n) {
        registers.find(static_cast<double>(op.c), {op.sets.weights[n], op.sets.points[n]});
        for (index_t b = 0; b < registers.blocks(); ++b) store_block(op.out[n], b, registers.rounded_place(b));
    });
}

/// weighted_midpoint_vjp_op for the set n.
template <class T>
void pull_back_set(midpoint_registers<T>& registers, weighted_midpoint_vjp_op<T, memory::host> const& op, index_t n)
{
    using V = typename midpoint_registers<T>::V;
    using arithmetic = typename midpoint_registers<T>::arithmetic;
    signed_set<T, memory::host> const set(op.sets.weights[n], op.sets.points[n]);
    double const c = static_cast<double>(op.c);
    registers.find(c, set);
    auto const at = registers.see(c, set);
    double const root = set.empty() ? 1 : at.length();
    auto const g = op.g[n];
    auto const h = [&](index_t b) { return V(1 / root) * V(load_block(g, b)); };
    auto const m = [&](index_t b) { return registers.place(b); };
    double const h_m = registers.dot(h, m);
    midpoint_slope<double> slope{};
    for (index_t k = 0; k < set.size(); ++k) {
        auto const row = registers.row(set, k);
        double const sign = static_cast<double>(set.sign(k)), s = registers.complement_of(k);
        double const mass = set.empty() ? 0 : static_cast<double>(set.mass(k)), share = sign * mass / s;
        auto const y = [&, by = V(sign)](index_t b) { return registers.point(row, by, b); };
        auto const delta = [&](index_t b) { return registers.from_m(y(b), b); };
        double const delta2 = registers.dot(delta, delta), h_delta = registers.dot(h, delta);
        double const second = registers.dot(delta, [&](index_t b) { return y(b) + m(b); });
        double const h_f = (at.a * h_delta - c * delta2 * h_m) / s;
        V const on_h(share * at.a), on_delta(-2 * c * h_m * share), on_y(2 * c * h_f * share);
        view<T, 1> const dx = op.dpoints[n][k];
        for (index_t b = 0; b < registers.blocks(); ++b)
            store_block(dx, b, arithmetic::rounded(on_h * h(b) + on_delta * delta(b) + on_y * y(b)));
        op.dweights(n, k) = set.empty() ? T(0) : static_cast<T>(sign * h_f / static_cast<double>(set.unit));
        slope.add(mass, second / (s * at.a), h_f, delta2 * h_m / (s * at.a));
    }
    op.dc(n) = set.empty() ? T(0) : static_cast<T>(slope.total(at.mass));
}

template <std::floating_point T>
void dispatch(exec::omp const& exec, weighted_midpoint_vjp_op<T, memory::host> const& op)
{
    if (!in_registers(op.sets)) return parallel_for(exec, op.shape(), op);
    for_each_set(exec, op.sets, [&](midpoint_registers<T>& registers, index_t n) { pull_back_set(registers, op, n); });
}

}  // namespace hyspn::detail
