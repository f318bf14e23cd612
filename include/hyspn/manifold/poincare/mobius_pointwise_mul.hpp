// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/manifold/detail/mobius_scaling.hpp>
#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn {

namespace detail {

/// w∘x, element by element, never stored.
template <class W, class X>
struct elementwise_product {
    W w;
    X x;
    HYSPN_HD index_t extent(std::size_t) const { return x.extent(0); }
    HYSPN_HD auto operator()(index_t i) const { return w(i) * x(i); }
};

template <class W, class X>
elementwise_product(W, X) -> elementwise_product<W, X>;

/// mobius_scaling of y = w∘x: w̄ = x∘ȳ, x̄ = w∘ȳ and the part through M.
struct poincare_mobius_pointwise_mul {
    static constexpr char const* name = "poincare::mobius_pointwise_mul";
    static constexpr argument inputs[] = {axis("w"), point("x")};
    static constexpr bool scalar_output = false;
    static constexpr bool on_lanes = true;

    template <class T, class W, class X>
    struct terms {
        elementwise_product<W, X> y;
        T y_norm;
        mobius_scaling<T> scaling;

        HYSPN_HD terms(curvature<T> const& k, W w, X x) : terms(k, elementwise_product<W, X>{w, x}, x, norm(x)) {}

    private:
        HYSPN_HD terms(curvature<T> const& k, elementwise_product<W, X> image, X x, T x_norm)
            : y(image),
              y_norm(norm(y)),
              scaling(k, x_norm, complement(k.c(), x), length_ratio(y_norm, x_norm),
                      length_ratio(y_norm, x_norm) - T(1))
        {
        }
    };

    template <class T, class W, class X, class M>
    HYSPN_HD static void forward(curvature<T> const& k, W w, X x, view<T, 1, M> out)
    {
        terms<T, W, X> const t(k, w, x);
        for (index_t i = 0; i < x.extent(0); ++i) out(i) = t.scaling.factor * t.y(i);
    }

    template <class T, class W, class X, class G, class M>
    HYSPN_HD static T vjp(curvature<T> const& k, W w, X x, G g, view<T, 1, M> dw, view<T, 1, M> dx)
    {
        terms<T, W, X> const t(k, w, x);
        auto const y_bar = t.scaling.to_y(t.y, t.y_norm, g);
        T const gy = cdot(g, t.y), on_x = t.scaling.through_quotient(gy);
        for (index_t i = 0; i < x.extent(0); ++i) {
            T const image = y_bar(i), to_w = x(i) * image, to_x = w(i) * image + on_x * x(i);
            dw(i) = to_w;
            dx(i) = to_x;
        }
        return t.scaling.to_c(gy);
    }
};

}  // namespace detail

namespace poincare {

/// Multiplication of the point x of the Poincaré ball by the weights w, one a coordinate: out = expmap0(w∘logmap0(x)) =
/// tanh(‖w∘x‖/‖x‖ artanh(s‖x‖)) w∘x/(s‖w∘x‖), s = √c; 0 where w∘x is 0. Any strides; w is an array like x. out may be w
/// or x. Error ≤ 16 eps, norm-wise, inside the ball. The action of a diagonal matrix in Ganea et al. 2018, Lemma 6.
HYSPN_FUNCTION detail::pointwise_function<detail::poincare_mobius_pointwise_mul> mobius_pointwise_mul{};

/// Vector-Jacobian product: writes dw and dx (w∘g at x = 0, where dw is 0) for the cotangent g of the output, returns
/// the cotangent of c. dw may be w, dx may be x.
HYSPN_FUNCTION detail::pointwise_vjp<detail::poincare_mobius_pointwise_mul> mobius_pointwise_mul_vjp{};

}  // namespace poincare
}  // namespace hyspn
