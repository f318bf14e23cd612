// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <type_traits>

#include <hyspn/core/math.hpp>

/// \file
/// Functions f of one number and f′, for numbers and vectors of them (core/simd_math.hpp). At the kink of relu and
/// leaky_relu the derivative is that of t < 0. f and f′ of NaN are NaN, but for f′ of these two, 1 and the slope, with
/// which cotangents pass, as in PyTorch.

namespace hyspn::detail {

/// The type of V's constants: T of vectors and dual numbers of T.
template <class V>
using constant_of = std::remove_cv_t<decltype(math_traits<V>::unit_roundoff)>;

struct relu_function {
    static constexpr char const* name = "relu";

    template <class V>
    HYSPN_HD V value(V t) const
    {
        return select(t <= V(0), V(0), t);
    }
    template <class V>
    HYSPN_HD V derivative(V t) const
    {
        return select(t <= V(0), V(0), V(1));
    }
};

template <class T>
struct leaky_relu_function {
    T slope;

    template <class V>
    HYSPN_HD V value(V t) const
    {
        return select(t > V(0), t, V(slope) * t);
    }
    template <class V>
    HYSPN_HD V derivative(V t) const
    {
        return select(t > V(0), V(1), V(slope));
    }
};

/// t·Φ(t), Φ the distribution function of the standard normal law (Hendrycks and Gimpel 2016, arXiv 1606.08415).
struct gelu_function {
    static constexpr char const* name = "gelu";

    template <class V>
    HYSPN_HD V value(V t) const
    {
        return t * normal_cdf(t);
    }
    template <class V>
    HYSPN_HD V derivative(V t) const
    {
        using std::exp;
        return normal_cdf(t) + t * (exp(-t * t / V(2)) * V(constant_of<V>(0.398942280401432677939946)));
    }

private:
    template <class V>
    HYSPN_HD static V normal_cdf(V t)
    {
        using std::erfc;
        return erfc(-t * V(constant_of<V>(0.707106781186547524400844))) / V(2);
    }
};

/// 1/(1 + e^{−t}), by e^{−|t|}: neither f nor f′ = f(t)·f(−t) loses digits on either side.
struct sigmoid_function {
    static constexpr char const* name = "sigmoid";

    template <class V>
    HYSPN_HD V value(V t) const
    {
        V const e = decay(t);
        return select(t < V(0), e, V(1)) / (V(1) + e);
    }
    template <class V>
    HYSPN_HD V derivative(V t) const
    {
        V const e = decay(t);
        return e / ((V(1) + e) * (V(1) + e));
    }

private:
    template <class V>
    HYSPN_HD static V decay(V t)
    {
        using std::exp;
        using std::fabs;
        return exp(-fabs(t));
    }
};

struct tanh_function {
    static constexpr char const* name = "tanh";

    template <class V>
    HYSPN_HD V value(V t) const
    {
        using std::tanh;
        return tanh(t);
    }
    template <class V>
    HYSPN_HD V derivative(V t) const
    {
        return sech2(t);
    }
};

}  // namespace hyspn::detail
