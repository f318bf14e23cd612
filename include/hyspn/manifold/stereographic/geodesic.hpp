// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/poincare/geodesic.hpp>
#include <hyspn/manifold/stereographic/detail/sine_change.hpp>
#include <hyspn/manifold/stereographic/dist.hpp>

namespace hyspn {

namespace detail {

/// The great circle (sin 2q X + sin 2p Y)/sin 2b on the sphere, b = √κ d(x,y)/2, p = tb, q = (1−t)b, projected: with
/// A = 1 + κ‖x‖², B = 1 + κ‖y‖², P = AB, δ = y − x,
///     m = (αx/A + βy/B)/σ,     σ = α/A + β/B + τ = 1/(1 + κ‖m‖²),
///     α = sin 2q/sin 2b,     β = sin 2p/sin 2b,     τ = (1 − α − β)/2 = −sin p sin q/cos b.
/// Evaluated as a step from the nearer end, m − x = (βδ/B − τx)/σ or m − y = −(αδ/A + τy)/σ, unless that lies far out
/// and m does not; far in the south, where σ cancels, from the length l of the numerator, as 2κl²/(1 + √(1 − 4κl²)).
template <class T, class X, class Y>
struct spherical_arc {
    spherical_pair<T, X, Y> pair;
    T t, left;                            ///< t, 1 − t
    arc<T> half, near_x, near_y;          ///< b, (1−t) b, tb
    T whole;                              ///< sin 2b/2b
    T alpha, beta, tau_rate, tau, sigma;  ///< α, β, τ/b², τ, σ
    T on_x, on_y;                         ///< α/A, β/B
    bool by_step;

    HYSPN_HD spherical_arc(sectional_curvature<T> const& k, T t_, X x, Y y) : pair(k, x, y), t(t_), left(T(1) - t_)
    {
        using std::sqrt;
        half = atan_of(pair.t);
        near_x = times(left, half);
        near_y = times(t, half);
        T const sec2_b = T(1) + pair.t.square;
        whole = T(1) / (sec2_b * atanc(pair.t));
        alpha = left * (sinc(times(T(2), near_x)) / whole);
        beta = t * (sinc(times(T(2), near_y)) / whole);
        tau_rate = -t * left * sinc(near_x) * sinc(near_y) * sqrt(sec2_b);
        tau = half.square * tau_rate;
        on_x = alpha / pair.a;
        on_y = beta / pair.b;
        sigma = on_x + on_y + tau;
        if (sigma < T(0.25)) {
            T const square = T(4) * k.kappa() * squared_norm(combination{on_x, x, on_y, y});
            sigma = square / (T(2) * (T(1) + sqrt(T(1) - square)));
        }
        T const nearer = t < T(0.5) ? pair.a : pair.b;
        by_step = nearer <= T(2) || nearer * sigma <= T(2);
    }
    HYSPN_HD index_t extent(std::size_t) const { return pair.x.extent(0); }
    /// m, element by element.
    HYSPN_HD T operator()(index_t i) const
    {
        T const x = pair.x(i), y = pair.y(i);
        if (!by_step) return (on_x * x + on_y * y) / sigma;
        return t < T(0.5) ? x + (on_y * (y - x) - tau * x) / sigma : y - (on_x * (y - x) + tau * y) / sigma;
    }
};

/// spherical_arc. With C(x) = x cot x = 1 − x²ℓ(x), G = g/(Pσ), the chords u = Aδ + κ‖δ‖²x and u′ = −Bδ + κ‖δ‖²y:
///     N_α = C(b) + C(p) + q tan q,     N_β = C(b) + C(q) + p tan p,     ζ = ω b/(Pσ sin 2b),
///     ω = 4αβ ((1−t)²ℓ(2q) − t²ℓ(2p)) ⟨G,δ⟩ − (τ/b²) ⟨G, αN_α B x + βN_β A y⟩,
///     x̄ = (α/(Aσ)) (g − (2κ/A)⟨g,x−m⟩x) − (2κ/A) ζu,     ȳ = (β/(Bσ)) (g − (2κ/B)⟨g,y−m⟩y) − (2κ/B) ζu′,
/// on a line x̄ = (1−t) g/(Aσ), ȳ = t g/(Bσ). With the unit vector e of the way at m, û that at x, and w = d/2,
///     t̄ = ⟨g,e⟩ d/(2σ).
/// κ moves a point as lengths do, and a dilation is a gradient on the sphere: its part along the great circle differs
/// from what is interpolated between the ends by sines, that across by −2τ. With Ψ = (t sin 2b − sin 2p)/(2b)³,
///     κ̄ = ⟨g,e⟩ [(w²/A)⟨x,û⟩ (t² (sin p/p)² − t (sin b/b)²) + 2w³ (2/A − 1) Ψ]/σ − (τ/b²) w² ⟨g, m − ⟨m,e⟩e⟩.
struct spherical_geodesic {
    template <class T, class X, class Y, class M>
    HYSPN_HD static void forward(sectional_curvature<T> const& k, T t, X x, Y y, view<T, 1, M> out)
    {
        spherical_arc<T, X, Y> const m(k, t, x, y);
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = m(i);
    }

    /// ζ from ⟨G,x⟩, ⟨G,y⟩, ⟨G,δ⟩.
    template <class T, class X, class Y>
    HYSPN_HD static T pull_of_chord(spherical_arc<T, X, Y> const& m, T gx, T gy, T g_delta)
    {
        T const a = m.pair.a, b = m.pair.b;
        T const cot_b = atanc(m.pair.t), tan_q = tanc(m.near_x), tan_p = tanc(m.near_y);
        T const n_alpha = cot_b + T(1) / tan_p + m.near_x.square * tan_q;
        T const n_beta = cot_b + T(1) / tan_q + m.near_y.square * tan_p;
        T const slope = m.left * m.left * cotangent_residue(times(T(2), m.near_x)) -
                        m.t * m.t * cotangent_residue(times(T(2), m.near_y));
        T const omega = T(4) * m.alpha * m.beta * slope * g_delta -
                        m.tau_rate * (m.alpha * n_alpha * b * gx + m.beta * n_beta * a * gy);
        return omega / (T(2) * m.whole) / (a * b * m.sigma);
    }

    /// δ + B sin²q x − A sin²p y, which has the direction of the way at m; for close points.
    template <class T, class X, class Y>
    struct close_way {
        spherical_arc<T, X, Y> const& m;
        T on_x, on_y;

        HYSPN_HD explicit close_way(spherical_arc<T, X, Y> const& m_) : m(m_)
        {
            T const sine_q = sinc(m.near_x), sine_p = sinc(m.near_y);
            on_x = m.pair.b * (m.near_x.square * sine_q * sine_q);
            on_y = m.pair.a * (m.near_y.square * sine_p * sine_p);
        }
        HYSPN_HD index_t extent(std::size_t) const { return m.extent(0); }
        HYSPN_HD T operator()(index_t i) const
        {
            T const x = m.pair.x(i), y = m.pair.y(i);
            return (y - x) + (on_x * x - on_y * y);
        }
    };

    /// ⟨g,e⟩ and ⟨m,e⟩.
    template <class T>
    struct heading {
        T g, m;

        template <class Way, class G, class Place>
        HYSPN_HD heading(Way const& way, T sign, G g_bar, Place const& place)
        {
            direction const e{way, norm(way)};
            g = sign * e.component(g_bar);
            m = sign * e.component(place);
        }
    };

    /// By the way from m to the end that its rounding turns least, which may be the longer way round.
    template <class T, class X, class Y, class G>
    HYSPN_HD static heading<T> heading_at(sectional_curvature<T> const& k, spherical_arc<T, X, Y> const& m, G g)
    {
        using std::fabs;
        if (m.pair.close) return {close_way<T, X, Y>(m), T(1), g, m};
        if (fabs(m.beta) < fabs(m.alpha)) return heading_to(k, m.pair.y, m.alpha < T(0) ? T(-1) : T(1), m, g);
        return heading_to(k, m.pair.x, m.beta < T(0) ? T(1) : T(-1), m, g);
    }
    template <class T, class X, class Y, class End, class G>
    HYSPN_HD static heading<T> heading_to(sectional_curvature<T> const& k, End end, T sign,
                                          spherical_arc<T, X, Y> const& m, G g)
    {
        difference const delta{end, m};
        return {combination{T(1) / m.sigma, delta, k.kappa() * squared_norm(delta), m}, sign, g, m};
    }

    /// κ̄ from ⟨g,m⟩.
    template <class T, class X, class Y>
    HYSPN_HD static T to_kappa(spherical_arc<T, X, Y> const& m, heading<T> const& e, T gm)
    {
        auto const u = m.pair.from_x();
        T const w = m.pair.ratio * atanc(m.pair.t), sine_p = sinc(m.near_y), sine_b = sinc(m.half);
        T const x_u = direction<T, decltype(u)>{u, norm(u)}.component(m.pair.x);
        // t² (sin p/p)² − t (sin b/b)², each form for the end at which it vanishes.
        T const rise =
            m.t < T(0.5) ? m.t * (m.t * sine_p * sine_p - sine_b * sine_b)
                         : m.left * (sine_b * sine_b - (T(1) + m.t) * sinc(m.near_x) * sinc(times(T(1) + m.t, m.half)));
        T const turn = sine_change(m.t, times(T(2), m.half));
        T const along = x_u * rise / m.pair.a + T(2) * w * (T(2) / m.pair.a - T(1)) * turn;
        return w * w * (e.g * along / m.sigma - m.tau_rate * (gm - e.m * e.g));
    }

    template <class T, class X, class Y, class G, class M>
    HYSPN_HD static T vjp(sectional_curvature<T> const& k, T t, X x, Y y, G g, T& dt, view<T, 1, M> dx,
                          view<T, 1, M> dy)
    {
        spherical_arc<T, X, Y> const m(k, t, x, y);
        auto const& pair = m.pair;
        auto const u = pair.from_x();
        auto const back = pair.from_y();
        T const kappa = k.kappa(), a = pair.a, b = pair.b, weight = a * b * m.sigma;
        T const gx = cdot(g, x), gy = cdot(g, y), gm = cdot(g, m), g_delta = cdot(g, difference{y, x});
        T const zeta = pull_of_chord(m, gx / weight, gy / weight, g_delta / weight);
        T const share_x = m.on_x / m.sigma, share_y = m.on_y / m.sigma;
        T const e_x = share_x * (pair.close ? -(m.on_y * g_delta - m.tau * gx) / m.sigma : gx - gm);
        T const e_y = share_y * (pair.close ? (m.on_x * g_delta + m.tau * gy) / m.sigma : gy - gm);
        heading<T> const e = heading_at(k, m, g);
        T const kappa_bar = to_kappa(m, e, gm), t_bar = e.g * pair.distance(k) / (T(2) * m.sigma);
        bool const on_line = x.extent(0) == 1;
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const g_i = g(i);
            T const to_x =
                on_line ? m.left / (a * m.sigma) * g_i : share_x * g_i - T(2) * kappa / a * (e_x * x(i) + zeta * u(i));
            T const to_y =
                on_line ? t / (b * m.sigma) * g_i : share_y * g_i - T(2) * kappa / b * (e_y * y(i) + zeta * back(i));
            dx(i) = to_x;
            dy(i) = to_y;
        }
        dt = t_bar;
        return kappa_bar;
    }
};

struct stereographic_geodesic : by_sign<poincare_geodesic, spherical_geodesic> {
    static constexpr char const* name = "stereographic::geodesic";
};

}  // namespace detail

namespace stereographic {

/// The point of the geodesic from x to y at the fraction t of its length, a number a point: out = x ⊕ t ⊗ (−x ⊕ y);
/// (1−t) x + t y for κ = 0, on the shorter great circle for κ > 0, where antipodes have none. Exactly x at t = 0 and y
/// at t = 1; t outside [0, 1] goes on along the same line. Any strides; out may be x or y. Bachmann et al. 2020, §2.2.
HYSPN_FUNCTION detail::pointwise_function<detail::stereographic_geodesic> geodesic{};

/// Vector-Jacobian product: writes dt, dx and dy for the cotangent g of the output, returns the cotangent of κ. dt may
/// be t, dx may be x, dy may be y.
HYSPN_FUNCTION detail::pointwise_vjp<detail::stereographic_geodesic> geodesic_vjp{};

}  // namespace stereographic
}  // namespace hyspn
