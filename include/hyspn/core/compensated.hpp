// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <type_traits>
#include <utility>

#include <hyspn/core/math.hpp>
#include <hyspn/core/view.hpp>

/// \file
/// Sums and dot products of short vectors: plain, compensated (about twice the working precision, Ogita, Rump and
/// Oishi 2005), and norms that neither overflow nor underflow. A vector is anything with extent(0) and v(i): a rank-1
/// view or one of the lazy combinations below. Every rounding error is taken by an explicit fma or by TwoSum.

namespace hyspn {

/// A number and the rounding error that belongs to it; their exact sum is meant.
template <class T>
struct twofold {
    T high;
    T low;
};

/// a·b exactly (barring underflow).
template <class T>
HYSPN_HD twofold<T> two_product(T a, T b)
{
    using std::fma;
    T const p = a * b;
    return {p, fma(a, b, -p)};
}

/// a + b exactly (Knuth).
template <class T>
HYSPN_HD twofold<T> two_sum(T a, T b)
{
    T const s = a + b;
    T const b_seen = s - a;
    return {s, (a - (s - b_seen)) + (b - b_seen)};
}

/// A running sum whose rounding errors are kept and added at the end.
template <class T>
class compensated_sum {
public:
    HYSPN_HD explicit compensated_sum(T start) : high_(start) {}

    HYSPN_HD void add(T a)
    {
        auto const s = two_sum(high_, a);
        high_ = s.high;
        low_ += s.low;
    }
    HYSPN_HD void add_product(T a, T b)
    {
        auto const p = two_product(a, b);
        add(p.high);
        low_ += p.low;
    }
    /// Adds a term far below the sum's unit in the last place.
    HYSPN_HD void add_correction(T a) { low_ += a; }

    HYSPN_HD T value() const { return high_ + low_; }
    /// The sum with what its value would round off.
    HYSPN_HD twofold<T> parts() const { return two_sum(high_, low_); }

private:
    T high_;
    T low_ = T(0);
};

namespace detail {

/// a·x + b·y, element by element, never stored.
template <class T, class X, class Y>
struct combination {
    T a;
    X x;
    T b;
    Y y;
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const { return a * x(i) + b * y(i); }
};

template <class T, class X, class Y>
combination(T, X, T, Y) -> combination<T, X, Y>;

/// a·x, element by element, never stored.
template <class T, class X>
struct scaled {
    T a;
    X x;
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const { return a * x(i); }
};

template <class T, class X>
scaled(T, X) -> scaled<T, X>;

/// x − y, rounded once an element.
template <class X, class Y>
struct difference {
    X x;
    Y y;
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD auto operator()(index_t i) const { return x(i) - y(i); }
};

template <class X, class Y>
difference(X, Y) -> difference<X, Y>;

/// x + y, rounded once an element.
template <class X, class Y>
struct sum {
    X x;
    Y y;
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD auto operator()(index_t i) const { return x(i) + y(i); }
};

template <class X, class Y>
sum(X, Y) -> sum<X, Y>;

/// Element type of a vector.
template <class X>
using scalar_of = std::remove_cvref_t<decltype(std::declval<X const&>()(index_t{}))>;

}  // namespace detail

/// Σ x_i y_i in working precision.
template <class X, class Y>
HYSPN_HD detail::scalar_of<X> dot(X const& x, Y const& y)
{
    detail::scalar_of<X> s(0);
    for (index_t i = 0; i < x.extent(0); ++i) s += x(i) * y(i);
    return s;
}

/// Σ x_i y_i as if in twice the working precision and then rounded: for a product to which a whole result is
/// proportional, where a plain dot would leave an error of √D·eps/|cos|.
template <class X, class Y>
HYSPN_HD detail::scalar_of<X> cdot(X const& x, Y const& y)
{
    compensated_sum<detail::scalar_of<X>> s(detail::scalar_of<X>(0));
    for (index_t i = 0; i < x.extent(0); ++i) s.add_product(x(i), y(i));
    return s.value();
}

/// ‖x‖², compensated.
template <class X>
HYSPN_HD detail::scalar_of<X> squared_norm(X const& x)
{
    return cdot(x, x);
}

/// ‖x‖ within one unit in the last place, for any finite x: where the squares would leave the range of the type, they
/// are scaled by a power of two.
template <class X>
HYSPN_HD detail::scalar_of<X> norm(X const& x)
{
    using T = detail::scalar_of<X>;
    using traits = math_traits<T>;
    T const square = squared_norm(x);
    return branch((square >= T(traits::smallest_square)) & (square <= T(traits::largest_square)),
                  [&] {
                      using std::sqrt;
                      return sqrt(square);
                  },
                  [&] {
                      using std::fabs;
                      using std::sqrt;
                      T greatest(0);
                      for (index_t i = 0; i < x.extent(0); ++i)
                          greatest = select(fabs(x(i)) > greatest, fabs(x(i)), greatest);
                      T const scale = select(greatest < T(1), T(traits::rescaling), T(1) / T(traits::rescaling));
                      T const length = sqrt(squared_norm(detail::scaled<T, X>{scale, x})) / scale;
                      T const measured = select(greatest > T(traits::largest), greatest, length);
                      return select(greatest > T(0), measured, T(0) * square);  // 0, or NaN
                  });
}

namespace detail {

/// x/‖x‖ with the norm given; 0 where it is 0. A norm near the smallest normal number has lost its digits, one near the
/// largest may have overflowed, or its inverse lose digits: then x and the norm are taken times a power of two.
template <class T, class X>
struct direction {
    X x;
    T length;  ///< ‖scale·x‖
    T scale;

    HYSPN_HD direction(X vector, T norm_of_it) : x(vector), length(norm_of_it), scale(T(1))
    {
        using traits = math_traits<T>;
        auto const is_long = length > T(traits::rescaling);
        auto const is_odd = is_long | ((length > T(0)) & (length < T(traits::smallest / traits::unit_roundoff)));
        scale = select(is_odd, select(is_long, T(1) / T(traits::rescaling), T(traits::rescaling)), scale);
        length = branch(
            is_odd,
            [&] {
                return norm(scaled<T, X>{scale, x});
            },
            [&] { return length; });
    }
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const { return select(length > T(0), scale * x(i) / length, T(0)); }
    /// ⟨g, x/‖x‖⟩ as if in twice the working precision.
    template <class G>
    HYSPN_HD T component(G const& g) const
    {
        return select(length > T(0), cdot(g, scaled<T, X>{scale, x}) / length, T(0));
    }
};

template <class X, class T>
direction(X, T) -> direction<T, X>;

}  // namespace detail

/// 1 − c‖x‖² within a few units in its own last place, however close to 0: the square is never rounded before the
/// subtraction. Inputs count as exact.
template <class T, class X>
HYSPN_HD T complement(T c, X const& x)
{
    compensated_sum<T> s(T(1));
    for (index_t i = 0; i < x.extent(0); ++i) {
        auto const cx = two_product(c, x(i));
        s.add_product(-cx.high, x(i));
        s.add_correction(-cx.low * x(i));
    }
    return s.value();
}

}  // namespace hyspn
