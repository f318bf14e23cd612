// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/half_space_point.hpp>
#include <hyspn/manifold/detail/lorentz_tangent.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// With X = (X′, X_D) and w = X₀ − X_D, which is (1/c + ‖X′‖²)/(X₀ + X_D) where X_D > 0: out = (X′/(sw), 1/(cw)). For
/// the cotangent (g′, γ), m = ⟨g′,X′⟩/s + γ/c and β = ‖X′‖² − X_D w:
///     X̄′ = g′/(sw) − m X′/(w²X₀),   X̄_D = m/(wX₀),
///     c̄ = −(⟨g′,X′⟩ β/(sw) + (γ/c) (‖X′‖² + w²)/w)/(2cwX₀).
struct lorentz_to_half_space {
    static constexpr char const* name = "lorentz_to_half_space";
    static constexpr argument inputs[] = {point("X")};
    static constexpr bool scalar_output = false;

    template <class T, class X>
    struct terms {
        T x0, last, across2, w;  ///< X₀, X_D, ‖X′‖², w

        HYSPN_HD terms(curvature<T> const& k, X x) : last(height(x))
        {
            x0 = lorentz_time(k, norm(x));
            across2 = squared_norm(horizontal{x});
            w = last > T(0) ? (T(1) / k.c() + across2) / (x0 + last) : x0 - last;
        }
    };

    template <class T, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, view<T, 1, M> out)
    {
        terms<T, X> const t(k, x);
        T const scale = k.sqrt_c() * t.w;
        index_t const n = x.extent(0) - 1;
        for (index_t i = 0; i < n; ++i) out(i) = x(i) / scale;
        out(n) = k.radius() / scale;
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, G g, view<T, 1, M> dx)
    {
        terms<T, X> const t(k, x);
        T const c = k.c(), s = k.sqrt_c(), gx = cdot(horizontal{g}, horizontal{x}) / s, gamma = height(g) / c;
        T const on_w = (gx + gamma) / t.w / t.x0, beta = t.across2 - t.last * t.w;
        T const c_bar = -(gx * (beta / t.w) + gamma * (t.across2 / t.w + t.w)) / (T(2) * c * t.w * t.x0);
        index_t const n = x.extent(0) - 1;
        for (index_t i = 0; i < n; ++i) dx(i) = (g(i) / s - on_w * x(i)) / t.w;
        dx(n) = on_w;
        return c_bar;
    }
};

/// out = ((V′ − τX′)/(sw), −τ/(cw)), τ = ẇ/w, ẇ = (⟨X′,V′⟩ − wV_D)/X₀. With V = V♭ + qX, q = V₀/X₀ (lorentz_tangent),
/// and τ′ = τ(V♭) − q/(cX₀w), which is τ − q, it is ((V♭′ − τ′X′)/(sw), −(τ′+q)/(cw)): nothing cancels for radial V far
/// out. Its transpose and its derivative in X, by reverse accumulation through τ, w and X₀, ∂w = (⟨X′,∂X′⟩ − w∂X_D)/X₀.
/// As out depends on √c X alone beside V, c̄ = ⟨X,X̄⟩/(2c).
struct lorentz_to_half_space_tangent {
    static constexpr char const* name = "lorentz_to_half_space_tangent";
    static constexpr argument inputs[] = {point("X"), tangent("V")};
    static constexpr bool scalar_output = false;

    /// V♭, element by element.
    template <class T, class X, class V>
    struct flat_part {
        lorentz_tangent<T, X, V> of;
        T q, tau, less;  ///< V₀/X₀, τ♭, τ′

        HYSPN_HD flat_part(curvature<T> const& k, lorentz_to_half_space::terms<T, X> const& t, X x, V v)
            : of(k, x, v), q(of.v0 / of.x0)
        {
            T const xv = cdot(horizontal{x}, horizontal{*this});
            tau = (xv / t.w - height(*this)) / t.x0;
            less = ((xv - q / k.c()) / t.w - height(*this)) / t.x0;
        }
        HYSPN_HD index_t extent(std::size_t) const { return of.across.extent(0); }
        HYSPN_HD T operator()(index_t i) const { return of.flat(i); }
    };

    template <class T, class X, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, V v, view<T, 1, M> out)
    {
        lorentz_to_half_space::terms<T, X> const t(k, x);
        flat_part<T, X, V> const flat(k, t, x, v);
        T const tau = flat.less, scale = k.sqrt_c() * t.w;
        index_t const n = x.extent(0) - 1;
        for (index_t i = 0; i < n; ++i) out(i) = (flat(i) - tau * x(i)) / scale;
        out(n) = -(tau + flat.q) * k.radius() / scale;
    }

    template <class T, class X, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, V v, G g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        lorentz_to_half_space::terms<T, X> const t(k, x);
        T const c = k.c(), s = k.sqrt_c(), w = t.w, x0 = t.x0, xv = cdot(horizontal{x}, horizontal{v});
        flat_part<T, X, V> const flat(k, t, x, v);
        T const tau = flat.less + flat.q, gamma = height(g) / c;
        T const gx = cdot(horizontal{g}, horizontal{x}) / s, gv = cdot(horizontal{g}, horizontal{flat}) / s;
        T const tau_bar = -(gx + gamma) / w, moved = gv - flat.less * gx, fallen = -tau * gamma;
        T const x0_bar = -tau * tau_bar / x0;
        T const w_bar = -(moved + fallen) / w / w - tau_bar * xv / (x0 * w * w);
        T const on_v = tau_bar / (x0 * w), on_x = (x0_bar + w_bar) / x0;
        index_t const n = x.extent(0) - 1;
        // (x0_bar X_D − w_bar w)/X₀ without its cancellation for large X_D.
        T const raw = cdot(horizontal{g}, horizontal{v}) / s;
        T const last = (raw / w + tau_bar * (xv / (x0 * w) + tau * w / x0)) / x0;
        T const c_bar = to_c(c, t, flat, gx / w, gv / w, gamma / w);
        for (index_t i = 0; i < n; ++i) {
            T const g_i = g(i) / s / w, x_i = x(i), to_x = on_v * v(i) + on_x * x_i - tau * g_i;
            dx(i) = to_x;
            dv(i) = g_i + on_v * x_i;
        }
        dx(n) = last;
        dv(n) = -tau_bar / x0;
        return c_bar;
    }

    /// gx = ⟨g′,X′⟩/(sw), gv = ⟨g′,V♭′⟩/(sw), gamma = γ/(cw).
    template <class T, class X, class V>
    HYSPN_HD static T to_c(T c, lorentz_to_half_space::terms<T, X> const& t, flat_part<T, X, V> const& v, T gx, T gv,
                           T gamma)
    {
        T const scale = t.x0 * t.w, eps = T(1) / (c * scale), q = v.q, tau = v.tau;
        T const one_less = (t.across2 - t.last * t.w) / scale, two_less = (t.across2 + t.w * t.w) / scale;
        T const horizontally = gx * ((T(1) - T(2) * eps) * tau - eps * (T(3) - T(2) * eps) * q) - one_less * gv;
        T const upwards = gamma * (T(2) * tau * one_less + q * (T(1) - T(2) * eps) * two_less);
        return (horizontally + upwards) / (T(2) * c);
    }
};

/// With x = (p, y): out = (p/(sy), (c‖x‖²−1)/(2cy)). For the cotangent (G, Γ) and C = 1 − c‖x‖²:
///     p̄ = G/(sy) + (Γ/y) p,   ȳ = −⟨G,p⟩/(sy²) + Γ (1 + C/(2cy²)),   c̄ = (Γ/c − s⟨G,p⟩/c)/(2cy).
struct half_space_to_lorentz {
    static constexpr char const* name = "half_space_to_lorentz";
    static constexpr argument inputs[] = {point("x")};
    static constexpr bool scalar_output = false;

    template <class T, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, view<T, 1, M> out)
    {
        T const y = height(x), scale = k.sqrt_c() * y, last = -complement(k.c(), x) / (T(2) * k.c() * y);
        index_t const n = x.extent(0) - 1;
        for (index_t i = 0; i < n; ++i) out(i) = x(i) / scale;
        out(n) = last;
    }

    template <class T, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, G g, view<T, 1, M> dx)
    {
        T const c = k.c(), y = height(x), scale = k.sqrt_c() * y, gamma = height(g);
        T const gp = cdot(horizontal{g}, horizontal{x}) / scale, cy2 = scale * scale;
        T const vertical = gamma * (T(1) + complement(c, x) / (T(2) * cy2)) - gp / y;
        T const c_bar = (gamma / (c * y) - gp) / (T(2) * c);
        index_t const n = x.extent(0) - 1;
        for (index_t i = 0; i < n; ++i) dx(i) = g(i) / scale + gamma / y * x(i);
        dx(n) = vertical;
        return c_bar;
    }
};

/// With v = (u, ν), η = ν/y: out = ((u − ηp)/(sy), ⟨x,v⟩/y − ηX_D), X_D = (c‖x‖²−1)/(2cy); c̄ = ⟨x,x̄⟩/(2c).
struct half_space_to_lorentz_tangent {
    static constexpr char const* name = "half_space_to_lorentz_tangent";
    static constexpr argument inputs[] = {point("x"), tangent("v")};
    static constexpr bool scalar_output = false;

    template <class T, class X, class V, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X x, V v, view<T, 1, M> out)
    {
        T const y = height(x), eta = height(v) / y, scale = k.sqrt_c() * y;
        T const last = cdot(x, v) / y + eta * complement(k.c(), x) / (T(2) * k.c() * y);
        index_t const n = x.extent(0) - 1;
        for (index_t i = 0; i < n; ++i) out(i) = (v(i) - eta * x(i)) / scale;
        out(n) = last;
    }

    template <class T, class X, class V, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, V v, G g, view<T, 1, M> dx, view<T, 1, M> dv)
    {
        T const c = k.c(), y = height(x), nu = height(v), eta = nu / y, scale = k.sqrt_c() * y, gamma = height(g);
        T const half_gap = complement(c, x) / (T(2) * c * y);  // −X_D
        T const gp = cdot(horizontal{g}, horizontal{x}) / scale, gu = cdot(horizontal{g}, horizontal{v}) / scale;
        T const pv = cdot(horizontal{x}, horizontal{v}), eta_bar = gamma * half_gap - gp;
        // The shares of y in X_D and η leave 1 + C/(cy²) = (1 − c‖p‖²)/(cy²).
        T const vertical =
            -(gu - T(2) * eta * gp + gamma * pv / y) / y - gamma * eta * complement(c, horizontal{x}) / (scale * scale);
        index_t const n = x.extent(0) - 1;
        compensated_sum<T> sum(T(0));
        sum.add_product(y, vertical);
        for (index_t i = 0; i < n; ++i) {
            T const g_i = g(i) / scale, x_i = x(i), to_x = gamma / y * (v(i) - eta * x_i) - eta * g_i;
            sum.add_product(x_i, to_x);
            dx(i) = to_x;
            dv(i) = g_i + gamma / y * x_i;
        }
        dx(n) = vertical;
        dv(n) = gamma + eta_bar / y;
        return sum.value() / (T(2) * c);
    }
};

}  // namespace detail

/// The point of the upper half-space that a point of the hyperboloid with space part X stands for: with w = X₀ − X_D it
/// is (X′/(sw), 1/(cw)), s = √c; the origin becomes (0, …, 0, 1/s). Any strides; out may be X. Error ≤ 16 eps,
/// norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_to_half_space> lorentz_to_half_space{};

/// Vector-Jacobian product: writes dX for the cotangent g of the output, dX may be X, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_to_half_space> lorentz_to_half_space_vjp{};

/// The tangent vector with space part V at the point X of the hyperboloid as one at lorentz_to_half_space(X); V itself
/// at 0. out may be X or V. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::lorentz_to_half_space_tangent> lorentz_to_half_space_tangent{};

/// Vector-Jacobian product: writes dX and dV for the cotangent g of the output, which may be X and V, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::lorentz_to_half_space_tangent> lorentz_to_half_space_tangent_vjp{};

/// The point of the hyperboloid that a point x of the upper half-space stands for, by its space part
/// (x′/(sx_D), (c‖x‖²−1)/(2cx_D)), x = (x′, x_D), s = √c. Any strides; out may be x. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::half_space_to_lorentz> half_space_to_lorentz{};

/// Vector-Jacobian product: writes dx for the cotangent g of the output, dx may be x, returns the cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::half_space_to_lorentz> half_space_to_lorentz_vjp{};

/// The tangent vector v at the point x of the upper half-space as one at half_space_to_lorentz(x), by its space part; v
/// itself at the base point. out may be x or v. Error ≤ 16 eps, norm-wise.
HYSPN_FUNCTION detail::pointwise_function<detail::half_space_to_lorentz_tangent> half_space_to_lorentz_tangent{};

/// Vector-Jacobian product: writes dx and dv for the cotangent g of the output, which may be x and v, returns the
/// cotangent of c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::half_space_to_lorentz_tangent> half_space_to_lorentz_tangent_vjp{};

}  // namespace hyspn
