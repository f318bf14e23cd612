// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/pipeline/stage.hpp>

/// \file
/// Where propagation starts: the initial maps, from those given and from channels of the guidance.

namespace hyspn::start {

/// The maps that are given, as they are: depth [N, 1, H, W], or scores of L classes.
struct given {
    index_t maps = 1;  ///< L

    index_t inputs() const { return maps; }   ///< maps given
    index_t outputs() const { return maps; }  ///< maps propagated
    index_t channels() const { return 0; }    ///< read from the guidance
};

/// A positive map given, times the exponential of a bounded correction: h0 = x·exp(bound·tanh(m)).
struct correction {
    double bound = 0.25;  ///< of the logarithm

    index_t inputs() const { return 1; }
    index_t outputs() const { return 1; }
    index_t channels() const { return 1; }
};

/// A mean of candidates x_k with weights softmax_k(m_k + log w_k), where w are prior weights (the maps after the
/// candidates; positive, of any scale). With m = 0 it is their prior mean.
struct mixture {
    index_t candidates = 6;

    index_t inputs() const { return 2 * candidates; }  ///< x_1 ... x_K, then w_1 ... w_K
    index_t outputs() const { return 1; }
    index_t channels() const { return candidates; }
};

}  // namespace hyspn::start

namespace hyspn::detail {

template <class T, class M>
struct start_correction_op {
    T bound;
    view<T const, 4, M> x, m;
    view<T, 4, M> h0;

    dims<4> shape() const { return h0.extents(); }
    HYSPN_HD void operator()(index_t n, index_t l, index_t i, index_t j) const
    {
        using std::exp, std::tanh;
        h0(n, l, i, j) = x(n, l, i, j) * exp(bound * tanh(m(n, l, i, j)));
    }
};

/// dm = dh0·h0·bound·(1 − tanh² m).
template <class T, class M>
struct start_correction_adjoint_op {
    T bound;
    view<T const, 4, M> m, h0, dh0;
    view<T, 4, M> dm;

    dims<4> shape() const { return dm.extents(); }
    HYSPN_HD void operator()(index_t n, index_t l, index_t i, index_t j) const
    {
        using std::tanh;
        T const t = tanh(m(n, l, i, j));
        dm(n, l, i, j) = dh0(n, l, i, j) * h0(n, l, i, j) * bound * (1 - t * t);
    }
};

/// exp(m_k − max m)·w_k of one pixel, unnormalised.
template <class T, class M>
struct start_mixture_weights {
    view<T const, 4, M> const& x;
    view<T const, 4, M> const& m;
    index_t n, i, j;

    HYSPN_HD index_t count() const { return m.extent(1); }
    HYSPN_HD T candidate(index_t k) const { return x(n, k, i, j); }
    HYSPN_HD T greatest() const
    {
        T most = m(n, 0, i, j);
        for (index_t k = 1; k < count(); ++k) most = m(n, k, i, j) > most ? m(n, k, i, j) : most;
        return most;
    }
    HYSPN_HD T weight(index_t k, T most) const
    {
        using std::exp;
        return x(n, count() + k, i, j) * exp(m(n, k, i, j) - most);
    }
};

template <class T, class M>
struct start_mixture_op {
    view<T const, 4, M> x, m;
    view<T, 4, M> h0;

    dims<4> shape() const { return h0.extents(); }
    HYSPN_HD void operator()(index_t n, index_t, index_t i, index_t j) const
    {
        start_mixture_weights<T, M> const pixel{x, m, n, i, j};
        T const most = pixel.greatest();
        T sum = 0, weighted = 0;
        for (index_t k = 0; k < pixel.count(); ++k) {
            T const w = pixel.weight(k, most);
            sum += w;
            weighted += w * pixel.candidate(k);
        }
        h0(n, 0, i, j) = weighted / sum;
    }
};

/// dm_k = p_k (x_k − h0) dh0 with p the weights after the softmax.
template <class T, class M>
struct start_mixture_adjoint_op {
    view<T const, 4, M> x, m, h0, dh0;
    view<T, 4, M> dm;

    dims<4> shape() const { return h0.extents(); }
    HYSPN_HD void operator()(index_t n, index_t, index_t i, index_t j) const
    {
        start_mixture_weights<T, M> const pixel{x, m, n, i, j};
        T const most = pixel.greatest();
        T sum = 0;
        for (index_t k = 0; k < pixel.count(); ++k) sum += pixel.weight(k, most);
        T const scale = dh0(n, 0, i, j) / sum;
        for (index_t k = 0; k < pixel.count(); ++k)
            dm(n, k, i, j) = scale * pixel.weight(k, most) * (pixel.candidate(k) - h0(n, 0, i, j));
    }
};

template <execution_policy P, class T, class M>
void start_forward(P const& exec, start::given const&, view<T const, 4, M> const& x, view<T const, 4, M> const&,
                   view<T, 4, M> const& h0)
{
    dispatch(exec, copy_op<T, 4, M>{x, h0});
}
template <execution_policy P, class T, class M>
void start_forward(P const& exec, start::correction const& o, view<T const, 4, M> const& x,
                   view<T const, 4, M> const& m, view<T, 4, M> const& h0)
{
    dispatch(exec, start_correction_op<T, M>{static_cast<T>(o.bound), x, m, h0});
}
template <execution_policy P, class T, class M>
void start_forward(P const& exec, start::mixture const&, view<T const, 4, M> const& x, view<T const, 4, M> const& m,
                   view<T, 4, M> const& h0)
{
    dispatch(exec, start_mixture_op<T, M>{x, m, h0});
}

/// What the guidance's channels m get of dh0; maps given are constants.
template <execution_policy P, class T, class M>
void start_backward(P const&, start::given const&, view<T const, 4, M> const&, view<T const, 4, M> const&,
                    view<T const, 4, M> const&, view<T const, 4, M> const&, view<T, 4, M> const&)
{
}
template <execution_policy P, class T, class M>
void start_backward(P const& exec, start::correction const& o, view<T const, 4, M> const&, view<T const, 4, M> const& m,
                    view<T const, 4, M> const& h0, view<T const, 4, M> const& dh0, view<T, 4, M> const& dm)
{
    dispatch(exec, start_correction_adjoint_op<T, M>{static_cast<T>(o.bound), m, h0, dh0, dm});
}
template <execution_policy P, class T, class M>
void start_backward(P const& exec, start::mixture const&, view<T const, 4, M> const& x, view<T const, 4, M> const& m,
                    view<T const, 4, M> const& h0, view<T const, 4, M> const& dh0, view<T, 4, M> const& dm)
{
    dispatch(exec, start_mixture_adjoint_op<T, M>{x, m, h0, dh0, dm});
}

}  // namespace hyspn::detail
