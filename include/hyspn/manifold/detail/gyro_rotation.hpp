// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/compensated.hpp>
#include <hyspn/manifold/detail/orthogonal_part.hpp>

namespace hyspn::detail {

/// x⟨q,a⟩ − q⟨x,a⟩, element by element: the generator of rotations in the plane of x and q, applied to a.
template <class T, class X, class Q>
struct turned {
    X x;
    Q q;
    T on_x, on_q;  ///< ⟨q,a⟩, ⟨x,a⟩

    template <class A>
    HYSPN_HD turned(X x_, Q q_, A const& a) : x(x_), q(q_), on_x(cdot(q_, a)), on_q(cdot(x_, a))
    {
    }
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD T operator()(index_t i) const { return x(i) * on_x - q(i) * on_q; }
};

/// gyr[x, y]v for Sign = 1, gyr[y, −x]v for Sign = −1 (parallel transport from x to y up to its length): with
/// p = y + Sign·x, A = 1 − c‖x‖², B = 1 − c‖y‖², D = AB + c‖p‖², κ = (A + B + c‖p‖²)/2, k = 2c/D and
/// K(a) = x⟨q,a⟩ − q⟨x,a⟩, w = Kv:
///     z = v + k (κw + cKw).
/// q is y plus any multiple of x, for K does not change: the orthogonal_part, which keeps all digits of the area that x
/// and y span, however small.
template <int Sign, class T, class X, class Y>
struct gyro_rotation {
    using Q = shifted<T, X, Y>;
    X x;
    Y y;
    Q q;
    T c, a, b;      ///< c, A, B
    T x2, y2, p2;   ///< ‖x‖², ‖y‖², ‖p‖²
    T d, kappa, k;  ///< D, κ, k

    HYSPN_HD gyro_rotation(T curvature, X x_, Y y_)
        : x(x_),
          y(y_),
          c(curvature),
          a(complement(c, x_)),
          b(complement(c, y_)),
          x2(squared_norm(x_)),
          y2(squared_norm(y_))
    {
        q = orthogonal_part(y, x, x2);
        p2 = squared_norm(shifted<T, X, Y>{y, T(Sign), x});
        d = a * b + c * p2;
        kappa = (a + b + c * p2) / T(2);
        k = x.extent(0) > 1 ? T(2) * c / d : T(0);  // on a line nothing turns
    }
    template <class V>
    HYSPN_HD turned<T, X, Q> turn(V const& v) const
    {
        return {x, q, v};
    }
    /// p, element by element.
    HYSPN_HD T p(index_t i) const { return y(i) + T(Sign) * x(i); }
};

/// Cotangents of gyro_rotation, of x, y, v and c, for the cotangent g of z. With f = Kg, α = ⟨g,w⟩, β = ⟨f,w⟩,
/// Ψ = κα − cβ and e_x = Sign·p − Bx = Sign·y + c‖y‖²x, e_y = p − Ay = Sign·x + c‖x‖²y:
///     v̄ = g + k (cKf − κf), the inverse rotation,
///     x̄ = k [ Sign·cα y + κ(⟨y,v⟩g − ⟨g,y⟩v) − c(⟨y,v⟩f − ⟨f,y⟩v + ⟨y,g⟩w − ⟨w,y⟩g) − (2cΨ/D) e_x ],
///     ȳ = k [ Sign·cα x + κ(⟨g,x⟩v − ⟨x,v⟩g) − c(⟨f,x⟩v − ⟨x,v⟩f + ⟨w,x⟩g − ⟨x,g⟩w) − (2cΨ/D) e_y ],
///     c̄ = (2/D) [(κ + cSign⟨x,y⟩)α − 2cβ] − (kΨ/D)(‖p‖² − B‖x‖² − A‖y‖²).
template <int Sign, class T, class X, class Y, class V, class G>
struct gyro_rotation_vjp {
    gyro_rotation<Sign, T, X, Y> const& z;
    V v;
    G g;
    turned<T, X, shifted<T, X, Y>> w, f, kf;
    T alpha, psi_on_e;  ///< α, 2cΨ/D
    T yv, gy, fy, wy, xv, gx, fx, wx;
    T c_bar;
    decltype(T(0) < T(0)) short_x, short_y;

    HYSPN_HD gyro_rotation_vjp(gyro_rotation<Sign, T, X, Y> const& z_, V v_, G g_)
        : z(z_), v(v_), g(g_), w(z.turn(v)), f(z.turn(g)), kf(z.turn(f))
    {
        T const c = z.c;
        alpha = cdot(g, z.x) * cdot(z.q, v) - cdot(g, z.q) * cdot(z.x, v);
        T const beta = cdot(f, w), psi = z.kappa * alpha - c * beta;
        psi_on_e = T(2) * c * psi / z.d;
        yv = cdot(z.y, v), gy = cdot(g, z.y), fy = cdot(f, z.y), wy = cdot(w, z.y);
        xv = cdot(z.x, v), gx = cdot(g, z.x), fx = cdot(f, z.x), wx = cdot(w, z.x);
        short_x = c * z.x2 < T(0.25);
        short_y = c * z.y2 < T(0.25);
        c_bar = z.k / c * ((z.kappa + T(Sign) * c * cdot(z.x, z.y)) * alpha - T(2) * c * beta) -
                z.k * psi / z.d * (z.p2 - z.b * z.x2 - z.a * z.y2);
    }
    HYSPN_HD T to_v(index_t i) const { return g(i) + z.k * (z.c * kf(i) - z.kappa * f(i)); }
    HYSPN_HD T to_x(index_t i) const
    {
        T const e = select(short_y, T(Sign) * z.y(i) + z.c * z.y2 * z.x(i), T(Sign) * z.p(i) - z.b * z.x(i));
        T const first = z.kappa * (yv * g(i) - gy * v(i));
        T const second = z.c * (yv * f(i) - fy * v(i) + gy * w(i) - wy * g(i));
        return z.k * (T(Sign) * z.c * alpha * z.y(i) + first - second - psi_on_e * e);
    }
    HYSPN_HD T to_y(index_t i) const
    {
        T const e = select(short_x, T(Sign) * z.x(i) + z.c * z.x2 * z.y(i), z.p(i) - z.a * z.y(i));
        T const first = z.kappa * (gx * v(i) - xv * g(i));
        T const second = z.c * (fx * v(i) - xv * f(i) + wx * g(i) - gx * w(i));
        return z.k * (T(Sign) * z.c * alpha * z.x(i) + first - second - psi_on_e * e);
    }
};

}  // namespace hyspn::detail
