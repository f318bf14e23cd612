// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/math.hpp>
#include <hyspn/nn/loss/of_labels.hpp>

namespace hyspn::nn::loss {

/// Cross-entropy of a softmax over logits z, of any size; for a pixel of class y, with the weights w of the classes and
/// ε = label_smoothing,
///
///     −(1 − ε) w_y log p_y − (ε/L) Σ_l w_l log p_l,     p = softmax(z),
///
/// divided by Σ w_y over all pixels: PyTorch's cross_entropy. The gradient is (Σ_l a_l) p_l − a_l with the factors a of
/// the logarithms.
struct cross_entropy {
    static constexpr bool takes_labels = true;
    index_t ignore_index = -1;   ///< 255 in many data sets
    double label_smoothing = 0;  ///< from 0 to 1

    void require_valid(char const* function) const
    {
        hyspn::detail::require_value(label_smoothing >= 0 && label_smoothing <= 1, function, "label_smoothing",
                                     "from 0 to 1", label_smoothing);
    }

    template <class Z, class W>
    HYSPN_HD auto term(Z const& z, W const& w, index_t label) const
    {
        using S = decltype(z(0));
        return softmax(z, w, label, [](index_t, S) {}).term;
    }

    template <class Z, class W, class S, class D>
    HYSPN_HD S slopes(Z const& z, W const& w, index_t label, S factor, D const& out) const
    {
        auto const all = softmax(z, w, label, [&](index_t l, S power) { out.set(l, power); });
        double const own = (1 - label_smoothing) * w(label);
        S const scale = S(all.weight) / all.sum;
        for (index_t l = 0; l < z.classes; ++l) {
            double const wanted = multiply_add(share(z.classes), w(l), l == label ? own : 0);
            out.set(l, factor * multiply_add(scale, out(l), S(-wanted)));
        }
        return all.term;
    }

private:
    template <class S>
    struct pixel {
        S term;         ///< the loss
        S sum;          ///< Σ exp(z_l − max z)
        double weight;  ///< Σ_l a_l
    };

    HYSPN_HD double share(index_t classes) const { return label_smoothing / static_cast<double>(classes); }

    /// Also calls keep(l, exp(z_l − max z)) for each class, after which it does not read z_l again: −log p_l is
    /// (max z − z_l) + log Σ.
    template <class Z, class W, class Keep>
    HYSPN_HD auto softmax(Z const& z, W const& w, index_t label, Keep const& keep) const
    {
        using std::exp;
        using std::log;
        using S = decltype(z(0));
        S most = z(0);
        for (index_t l = 1; l < z.classes; ++l) most = z(l) > most ? z(l) : most;
        double const own = (1 - label_smoothing) * w(label);
        S sum(0), smoothed(0), gap = most - z(label);
        double weight = own;
        for (index_t l = 0; l < z.classes; ++l) {
            S const below = most - z(l), power = exp(-below);
            if (label_smoothing > 0) {
                double const part = share(z.classes) * w(l);
                smoothed = multiply_add(S(part), below, smoothed);
                weight += unfused(part);
            }
            sum += power;
            keep(l, power);
        }
        S const gaps = multiply_add(S(own), gap, smoothed);
        return pixel<S>{multiply_add(S(weight), log(sum), gaps), sum, weight};
    }
};

}  // namespace hyspn::nn::loss

#if HYSPN_HAS_OPENMP
#include <hyspn/backends/omp/nn/loss/cross_entropy.hpp>
#endif
