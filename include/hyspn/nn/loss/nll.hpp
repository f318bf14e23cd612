// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include <hyspn/core/parameters.hpp>
#include <hyspn/nn/loss/of_labels.hpp>

namespace hyspn::nn::loss {

/// Negative log likelihood of scores s ≥ 0 that need not sum to 1, as propagation of labels puts them out; for a pixel
/// of class y, with the weights w of the classes,
///
///     −w_y log p_y,     p_l = (s_l + epsilon)/Σ_k (s_k + epsilon),
///
/// so that p sums to 1 and a score of 0 costs −log(epsilon/Σ), not infinity. Scores below −epsilon, which signed
/// affinities can produce, have no logarithm: the loss is then NaN.
struct nll {
    static constexpr bool takes_labels = true;
    index_t ignore_index = -1;  ///< 255 in many data sets
    double epsilon = 1e-6;      ///< > 0

    void require_valid(char const* function) const { hyspn::detail::require_positive(function, "epsilon", epsilon); }

    template <class Z, class W>
    HYSPN_HD auto term(Z const& s, W const& w, index_t label) const
    {
        return term(s, w, label, total(s));
    }

    template <class Z, class W, class S, class D>
    HYSPN_HD S slopes(Z const& s, W const& w, index_t label, S factor, D const& out) const
    {
        S const sum = total(s), loss = term(s, w, label, sum), scale = factor * S(w(label));
        S const every = scale / sum, own = scale / (s(label) + S(epsilon));
        for (index_t l = 0; l < s.classes; ++l) out.set(l, l == label ? every - own : every);
        return loss;
    }

private:
    template <class Z, class W, class S>
    HYSPN_HD S term(Z const& s, W const& w, index_t label, S sum) const
    {
        using std::log;
        return S(w(label)) * (log(sum) - log(s(label) + S(epsilon)));
    }

    template <class Z>
    HYSPN_HD auto total(Z const& s) const
    {
        using S = decltype(s(0));
        S sum(0);
        for (index_t l = 0; l < s.classes; ++l) sum += s(l) + S(epsilon);
        return sum;
    }
};

}  // namespace hyspn::nn::loss
