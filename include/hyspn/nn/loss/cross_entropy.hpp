// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

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
        S const all = log_sum_exp(z);
        S sum = S((1 - label_smoothing) * w(label)) * (all - z(label));
        if (label_smoothing > 0)
            for (index_t l = 0; l < z.classes; ++l) sum = multiply_add(S(share(z.classes) * w(l)), all - z(l), sum);
        return sum;
    }

    template <class Z, class W, class S, class D>
    HYSPN_HD void slopes(Z const& z, W const& w, index_t label, S factor, D const& out) const
    {
        using std::exp;
        double const own = (1 - label_smoothing) * w(label);
        double every = own;
        for (index_t l = 0; l < z.classes; ++l) every = multiply_add(share(z.classes), w(l), every);
        S const all = log_sum_exp(z);
        for (index_t l = 0; l < z.classes; ++l) {
            double const wanted = multiply_add(share(z.classes), w(l), l == label ? own : 0);
            out(l, factor * multiply_add(S(every), exp(z(l) - all), S(-wanted)));
        }
    }

private:
    HYSPN_HD double share(index_t classes) const { return label_smoothing / static_cast<double>(classes); }

    template <class Z>
    HYSPN_HD static auto log_sum_exp(Z const& z)
    {
        using std::exp;
        using std::log;
        using S = decltype(z(0));
        S most = z(0), sum(0);
        for (index_t l = 1; l < z.classes; ++l) most = z(l) > most ? z(l) : most;
        for (index_t l = 0; l < z.classes; ++l) sum += exp(z(l) - most);
        return most + log(sum);
    }
};

}  // namespace hyspn::nn::loss
