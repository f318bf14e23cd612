// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/convert/poincare_half_space.hpp>
#include <hyspn/manifold/detail/half_space_point.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// With x = (x′, x_D), A = 1 − c‖x‖² and b = 1 − s x_D: out = (x′/b, y), y = √A/(sb). For the cotangent (g′, γ) and
/// b̄ = −(⟨g′,x′⟩/b + γy)/b:
///     x̄ = (g′/b, 0) − (cγy/A) x − s b̄ ê,   c̄ = −γy (‖x‖²/A + 1/c)/2 − b̄ x_D/(2s).
struct klein_to_half_space {
    static constexpr char const* name = "klein_to_half_space";
    static constexpr argument inputs[] = {point("x")};
    static constexpr bool scalar_output = false;

    template <class T, class X>
    struct terms {
        T a, b, y;

        HYSPN_HD terms(curvature<T> const& k, X x) : a(complement(k.c(), x))
        {
            using std::sqrt;
            b = -k.sqrt_c() * poincare_to_half_space::last_of_u(k, x);
            y = sqrt(a) / (k.sqrt_c() * b);
        }
    };

    template <class T, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, view<T, 1, M> out)
    {
        terms<T, X> const t(k, x);
        index_t const n = x.extent(0) - 1;
        for (index_t i = 0; i < n; ++i) out(i) = x(i) / t.b;
        out(n) = t.y;
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, G g, view<T, 1, M> dx)
    {
        terms<T, X> const t(k, x);
        T const c = k.c(), s = k.sqrt_c(), fall = height(g) * t.y, last = height(x);
        T const b_bar = -(cdot(horizontal{g}, horizontal{x}) / t.b + fall) / t.b, on_x = c * fall / t.a;
        T const c_bar = -fall * (squared_norm(x) / t.a + T(1) / c) / T(2) - b_bar * last / (T(2) * s);
        index_t const n = x.extent(0) - 1;
        for (index_t i = 0; i < n; ++i) dx(i) = g(i) / t.b - on_x * x(i);
        dx(n) = -on_x * last - s * b_bar;
        return c_bar;
    }
};

/// With v = (v′, v_D), ω = s v_D/b and μ = c⟨x,v⟩/A: out = ((v′ + ωx′)/b, y (ω − μ)). Backwards by reverse accumulation
/// through ω, μ, y, b and A; c̄ = ⟨x,x̄⟩/(2c), as out depends on √c x alone beside v.
struct klein_to_half_space_tangent {
    static constexpr char const* name = "klein_to_half_space_tangent";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
    static constexpr bool scalar_output = false;

    template <class T, class X, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, V v, view<T, 1, M> out)
    {
        klein_to_half_space::terms<T, X> const t(k, x);
        T const omega = k.sqrt_c() * height(v) / t.b, last = t.y * (omega - k.c() * cdot(x, v) / t.a);
        index_t const n = x.extent(0) - 1;
        for (index_t i = 0; i < n; ++i) out(i) = (v(i) + omega * x(i)) / t.b;
        out(n) = last;
    }

    template <class T, class X, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, V v, G g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        klein_to_half_space::terms<T, X> const t(k, x);
        T const c = k.c(), s = k.sqrt_c(), x_last = height(x), v_last = height(v), fall = height(g) * t.y;
        T const omega = s * v_last / t.b, mu = c * cdot(x, v) / t.a;
        T const gx = cdot(horizontal{g}, horizontal{x}) / t.b, gv = cdot(horizontal{g}, horizontal{v}) / t.b;
        T const omega_bar = fall + gx, rise = fall * (omega - mu);
        T const b_bar = -(gv + omega * gx + omega_bar * omega + rise) / t.b;
        T const a_bar = fall * (omega + mu) / (T(2) * t.a);
        T const on_v = c * fall / t.a, on_x = T(2) * c * a_bar;
        index_t const n = x.extent(0) - 1;
        T const last = -on_v * v_last - on_x * x_last - s * b_bar;
        compensated_sum<T> sum(T(0));
        sum.add_product(x_last, last);
        for (index_t i = 0; i < n; ++i) {
            T const g_i = g(i) / t.b, x_i = x(i), to_x = omega * g_i - on_v * v(i) - on_x * x_i;
            sum.add_product(x_i, to_x);
            dx(i) = to_x;
            dv(i) = g_i - on_v * x_i;
        }
        dx(n) = last;
        dv(n) = omega_bar * s / t.b - on_v * x_last;
        return sum.value() / (T(2) * c);
    }
};

/// With x = (p, y) and S = 1 + c‖x‖²: out = (2p, (c‖x‖²−1)/s)/S. For the cotangent (g′, γ), q = ⟨g′,p⟩ − γ/s:
///     x̄ = (2/S)(g′, 0) − (4c/S²) q x,   c̄ = −(2/S²)‖x‖² q − γ (c‖x‖²−1)/(2csS).
struct half_space_to_klein {
    static constexpr char const* name = "half_space_to_klein";
    static constexpr argument inputs[] = {point("x")};
    static constexpr bool scalar_output = false;

    template <class T, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, view<T, 1, M> out)
    {
        T const factor = T(2) / (T(1) + k.c() * squared_norm(x));
        T const last = -complement(k.c(), x) * factor / (T(2) * k.sqrt_c());
        index_t const n = x.extent(0) - 1;
        for (index_t i = 0; i < n; ++i) out(i) = factor * x(i);
        out(n) = last;
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, G g, view<T, 1, M> dx)
    {
        T const c = k.c(), s = k.sqrt_c(), square = squared_norm(x), factor = T(2) / (T(1) + c * square);
        T const gamma = height(g), q = cdot(horizontal{g}, horizontal{x}) - gamma / s, on_x = c * factor * factor * q;
        T const c_bar = -factor * factor * square * q / T(2) + gamma * factor * complement(c, x) / (T(4) * c * s);
        index_t const n = x.extent(0) - 1;
        T const last = -on_x * x(n);
        for (index_t i = 0; i < n; ++i) dx(i) = factor * g(i) - on_x * x(i);
        dx(n) = last;
        return c_bar;
    }
};

/// With f = 2/S and ε = 2c⟨x,v⟩/S: out = (f (v′ − εp), fε/s); c̄ = ⟨x,x̄⟩/(2c).
struct half_space_to_klein_tangent {
    static constexpr char const* name = "half_space_to_klein_tangent";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
    static constexpr bool scalar_output = false;

    template <class T, class X, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, V v, view<T, 1, M> out)
    {
        T const f = T(2) / (T(1) + k.c() * squared_norm(x)), eps = k.c() * f * cdot(x, v);
        index_t const n = x.extent(0) - 1;
        for (index_t i = 0; i < n; ++i) out(i) = f * (v(i) - eps * x(i));
        out(n) = f * eps / k.sqrt_c();
    }

    template <class T, class X, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, V v, G g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        T const c = k.c(), s = k.sqrt_c(), square = squared_norm(x), f = T(2) / (T(1) + c * square);
        T const eps = c * f * cdot(x, v), gamma = height(g) / s;
        T const gp = cdot(horizontal{g}, horizontal{x}), gv = cdot(horizontal{g}, horizontal{v});
        T const eps_bar = f * (gamma - gp), f_bar = gv - eps * gp + gamma * eps;
        // S̄ times −2, of f = 2/S and ε ∝ 1/S.
        T const s_bar = f * (eps_bar * eps + f_bar * f);
        T const turn = c * f * eps_bar;
        index_t const n = x.extent(0) - 1;
        T const x_last = x(n), last = turn * v(n) - c * s_bar * x_last;
        compensated_sum<T> sum(T(0));
        sum.add_product(x_last, last);
        for (index_t i = 0; i < n; ++i) {
            T const g_i = f * g(i), x_i = x(i), to_x = turn * v(i) - c * s_bar * x_i - eps * g_i;
            sum.add_product(x_i, to_x);
            dx(i) = to_x;
            dv(i) = g_i + turn * x_i;
        }
        dx(n) = last;
        dv(n) = turn * x_last;
        return sum.value() / (T(2) * c);
    }
};

}  // namespace detail

/// The point of the upper half-space that a point x of the Klein model stands for: with b = 1 − sx_D it is
/// (x′, √(1−c‖x‖²)/s)/b; the origin becomes (0, …, 0, 1/s). Any strides; out may be x. Error ≤ 16 eps, norm-wise,
/// inside the ball.
HYSPN_FUNCTION detail::pointwise_function<detail::klein_to_half_space> klein_to_half_space{};

/// Vector-Jacobian product: writes dx for the cotangent g of the output, dx may be x, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::klein_to_half_space> klein_to_half_space_vjp{};

/// The tangent vector v at the point x of the Klein model as one at klein_to_half_space(x); v itself at 0. out may be x
/// or v.
HYSPN_FUNCTION detail::pointwise_function<detail::klein_to_half_space_tangent> klein_to_half_space_tangent{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, which may be x and v, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::klein_to_half_space_tangent> klein_to_half_space_tangent_vjp{};

/// The point of the Klein model that a point x of the upper half-space stands for: (2x′, (c‖x‖²−1)/s)/(1+c‖x‖²),
/// x = (x′, x_D). Any strides; out may be x. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::half_space_to_klein> half_space_to_klein{};

/// Vector-Jacobian product: writes dx for the cotangent g of the output, dx may be x, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::half_space_to_klein> half_space_to_klein_vjp{};

/// The tangent vector v at the point x of the upper half-space as one at half_space_to_klein(x); v itself at the base
/// point. out may be x or v. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::half_space_to_klein_tangent> half_space_to_klein_tangent{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, which may be x and v, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::half_space_to_klein_tangent> half_space_to_klein_tangent_vjp{};

}  // namespace hyspn
