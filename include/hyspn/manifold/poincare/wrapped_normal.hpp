// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include <hyspn/core/random.hpp>
#include <hyspn/manifold/detail/log_terms.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>
#include <hyspn/manifold/poincare/mobius_add.hpp>

/// \file
/// The wrapped normal distribution (Nagano et al. 2019, algorithm 1; Mathieu et al. 2019, §3.2): a normal vector
/// v ~ N(0, diag σ²) at the origin, carried to the mean μ by parallel transport and shot from there.
///
/// The factor of two: v is measured in the space, in an orthonormal frame, so that d(μ, z) = ‖v‖ and σ is a standard
/// deviation of distances. Coordinates of tangent vectors at the origin of the ball are half as long (λ₀ = 2):
/// z = μ ⊕ expmap0(v/2), which is expmap_μ(ptransp0_μ(v/2)). The density is one per hyperbolic volume dV = λ_z^D dz.
/// A scale equal in all directions or for all points may be a view of stride 0.

namespace hyspn {

namespace detail {

/// z = μ ⊕ w, w = f v with v = σ∘n and f = tanhc(θ)/2, θ = s‖v‖/2; the complement of w is sech²θ. With w̄ and the part
/// of μ̄ and c̄ from mobius_add at fixed w, v̂ = v/‖v‖, as for expmap0:
///     v̄ = f (w̄ − ⟨w̄,v̂⟩v̂) + (sech²θ/2) ⟨w̄,v̂⟩v̂,   c̄ = part − tanhc_decay(θ) ‖w‖² ⟨w̄,w⟩,   σ̄ = v̄∘n,   n̄ = v̄∘σ.
struct poincare_wrapped_normal {
    static constexpr char const* name = "poincare::wrapped_normal";
    static constexpr argument inputs[] = {point("mean"), tangent("scale"), axis("noise")};
    static constexpr bool scalar_output = false;

    /// σ∘n, element by element.
    template <class T, class S, class N>
    struct product {
        S scale;
        N noise;
        HYSPN_HD index_t extent(std::size_t) const { return scale.extent(0); }
        HYSPN_HD T operator()(index_t i) const { return scale(i) * noise(i); }
    };

    template <class T, class S, class N>
    struct shot {
        product<T, S, N> v;
        T length, theta, factor, complement;
        scaled<T, product<T, S, N>> w;

        HYSPN_HD shot(curvature<T> const& k, S scale, N noise) : v{scale, noise}
        {
            length = norm(v);
            theta = k.sqrt_c() * length / T(2);
            factor = tanhc(theta) / T(2);
            complement = sech2(theta);
            w = {factor, v};
        }
    };

    template <class Back>
    struct increment_cotangent {
        Back const& back;
        HYSPN_HD index_t extent(std::size_t) const { return back.z.extent(0); }
        HYSPN_HD auto operator()(index_t i) const { return back.to_y(i); }
    };

    template <class T, class X, class S, class N, class M>
    HYSPN_HD static void forward(curvature<T> const& k, X mean, S scale, N noise, view<T, 1, M> out)
    {
        shot<T, S, N> const step(k, scale, noise);
        mobius_sum const z{k.c(), mean, step.w, step.complement};
        for (index_t i = 0; i < mean.extent(0); ++i) out(i) = z(i);
    }

    template <class T, class X, class S, class N, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X mean, S scale, N noise, G g, view<T, 1, M> dmean,
                          view<T, 1, M> dscale, view<T, 1, M> dnoise)
    {
        shot<T, S, N> const step(k, scale, noise);
        mobius_sum const z{k.c(), mean, step.w, step.complement};
        mobius_sum_vjp const back{z, g};
        increment_cotangent<decltype(back)> const w_bar{back};
        T const w_norm = step.factor * step.length;
        T const c_bar = back.to_c() - tanhc_decay(step.theta) * w_norm * w_norm * (step.factor * cdot(w_bar, step.v));
        direction const v_hat{step.v, step.length};
        T const along = dot(w_bar, v_hat), radial = step.complement / T(2);
        for (index_t i = 0; i < mean.extent(0); ++i) {
            T const v_bar = step.factor * (w_bar(i) - along * v_hat(i)) + radial * along * v_hat(i);
            T const to_mean = back.to_x(i), to_scale = v_bar * noise(i), to_noise = v_bar * scale(i);
            dmean(i) = to_mean;
            dscale(i) = to_scale;
            dnoise(i) = to_noise;
        }
        return c_bar;
    }
};

/// log p = −½ Σ (v/σ)² − Σ log σ − (D/2) log 2π − (D−1) log(sinh u/u), u = s‖v‖ = s d(μ, z); v = 2 push/2 · (Aδ − Qμ)
/// as in log_terms, δ = z − μ. With v̄ = −g (v/σ² + (D−1) c ℓ(u) v), κ = A push/2 and the cotangents of logmap_μ(z) for
/// (2/A) v̄:
///     μ̄ = those of logmap + (2c/A)⟨v̄,v⟩μ,   c̄ = that of logmap + ⟨v̄,v⟩‖μ‖²/A − g (D−1) ‖v‖² ℓ(u)/2,   σ̄ = g (v²/σ² −
///     1)/σ.
struct poincare_wrapped_normal_log_density {
    static constexpr char const* name = "poincare::wrapped_normal_log_density";
    static constexpr argument inputs[] = {point("point"), point("mean"), tangent("scale")};
    static constexpr bool scalar_output = true;

    /// v of a point, and what it is made of.
    template <class T, class X, class Y>
    struct offset {
        difference<X, Y> delta;
        Y mean;
        T a, b;
        log_terms<T> t;
        combination<T, difference<X, Y>, Y> v;

        HYSPN_HD offset(curvature<T> const& k, X x, Y mean_)
            : delta{x, mean_},
              mean(mean_),
              a(complement(k.c(), mean)),
              b(complement(k.c(), x)),
              t(k.c(), a, b, delta),
              v{t.push() * a, delta, -t.push() * t.q, mean}
        {
        }
    };

    template <class T, class X, class Y, class S>
    HYSPN_HD static T value(curvature<T> const& k, X x, Y mean, S scale)
    {
        using std::fabs;
        using std::log;
        offset<T, X, Y> const n(k, x, mean);
        T square(0), logs(0);
        for (index_t i = 0; i < mean.extent(0); ++i) {
            T const standard = n.v(i) / scale(i);
            square += standard * standard;
            logs += log(fabs(scale(i)));
        }
        T const d = T(static_cast<double>(mean.extent(0)));
        constexpr double log_two_pi = 1.837877066409345483560659472811235279722794947275566825634;
        return -(square / T(2) + logs + d / T(2) * T(log_two_pi) + (d - T(1)) * log_sinhc(n.t.theta));
    }

    template <class T, class X, class Y, class S, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, X x, Y mean, S scale, T g, view<T, 1, M> dx, view<T, 1, M> dmean,
                          view<T, 1, M> dscale)
    {
        offset<T, X, Y> const n(k, x, mean);
        auto const& t = n.t;
        T const c = k.c(), a = n.a, extra = T(static_cast<double>(mean.extent(0) - 1)) * langevinc(t.theta);
        // v̄ of one element, and the sums with it.
        auto const v_bar = [&](index_t i) { return -g * n.v(i) * (T(1) / (scale(i) * scale(i)) + extra * c); };
        T on_mean(0), on_delta(0), on_v(0), v2(0);
        for (index_t i = 0; i < mean.extent(0); ++i) {
            on_mean += v_bar(i) * mean(i);
            on_delta += v_bar(i) * n.delta(i);
            on_v += v_bar(i) * n.v(i);
            v2 += n.v(i) * n.v(i);
        }
        // The adjoint of logmap at μ; its cotangent is (2/A) v̄, so that γ = push·v̄.
        T const mean2 = squared_norm(mean);
        log_adjoint<T> const back(c, a, n.b, t, t.length * t.length, mean2, cdot(n.delta, sum<X, Y>{x, mean}),
                                  t.push() * on_mean, t.push() * on_delta, on_v);
        T const c_bar = back.on_c + on_v * mean2 / a - g * extra * v2 / T(2);
        T const k_mean = back.on_m - T(2) * c * on_v / a;
        for (index_t i = 0; i < mean.extent(0); ++i) {
            T const gamma = t.push() * v_bar(i), delta = n.delta(i), standard = n.v(i) / scale(i);
            T const to_x = a * gamma - back.on_delta * delta + back.on_y * x(i);
            T const to_mean = -(a + t.q) * gamma + back.on_delta * delta - k_mean * mean(i);
            T const to_scale = g * (standard * standard - T(1)) / scale(i);
            dx(i) = to_x;
            dmean(i) = to_mean;
            dscale(i) = to_scale;
        }
        return c_bar;
    }
};

/// Standard normal numbers, a stream of its own for each row: the same for any number of threads, on every policy.
template <class T, class M>
struct normal_rows_op {
    std::uint64_t seed;
    view<T, 2, M> out;
    dims<2> shape() const { return {{out.extent(0), 1}}; }
    HYSPN_HD void operator()(index_t n, index_t) const
    {
        random_stream stream(random_stream(seed ^ (static_cast<std::uint64_t>(n) * 0xd1342543de82ef95u)).bits());
        for (index_t i = 0; i < out.extent(1); ++i) out(n, i) = static_cast<T>(stream.normal());
    }
};

}  // namespace detail

namespace poincare {

/// From standard normal noise to the wrapped normal of a mean and standard deviations: out = mean ⊕
/// expmap0(scale∘noise/2), mean, scale, noise and out of one layout. Differentiable ("reparametrisation"). Error ≤ 16
/// eps, norm-wise. out may be any of the inputs.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_wrapped_normal> wrapped_normal{};

/// Vector-Jacobian product: writes dmean, dscale and dnoise for the cotangent g of out, returns the cotangent of c. The
/// cotangents may be the arrays that they belong to.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_wrapped_normal> wrapped_normal_vjp{};

/// Log density of the wrapped normal at a point, per hyperbolic volume; scale is a standard deviation in each direction
/// of the frame at the mean, not 0 (its sign does not matter). Finite wherever points are inside the ball, at any
/// distance.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_wrapped_normal_log_density> wrapped_normal_log_density{};

/// Vector-Jacobian product: writes dpoint, dmean and dscale for the cotangent g of the value, returns the cotangent of
/// c.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_wrapped_normal_log_density> wrapped_normal_log_density_vjp{};

/// Draws one point for each mean: mean, scale → out, all [N, D]. The same seed gives the same points on every policy
/// and any number of threads, up to the platform's log1p and cos. `noise` [N, D] receives the normal numbers, which
/// wrapped_normal_vjp asks for. Throws shape_error.
template <execution_policy P, class T, view_of_rank<2> X, view_of_rank<2> S, view_of_rank<2> N, view_of_rank<2> O>
    requires same_space<P, X, S, N, O>
void sample_wrapped_normal(P const& exec, curvature<T> const& c, X&& mean, S&& scale, std::uint64_t seed, N&& noise,
                           O&& out)
{
    view<T, 2, typename P::memory_space> const numbers = as_view(noise);
    detail::dispatch(exec, detail::normal_rows_op<T, typename P::memory_space>{seed, numbers});
    wrapped_normal(exec, c, mean, scale, numbers, out);
}

}  // namespace poincare
}  // namespace hyspn
