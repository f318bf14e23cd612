// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <any>
#include <concepts>
#include <cstddef>
#include <string>
#include <vector>

#include <hyspn/core/leaf.hpp>
#include <hyspn/exec/dispatch.hpp>

/// \file
/// Parameters beside their gradients, leaf by leaf.

namespace hyspn::optim::detail {

using hyspn::detail::raise;

using hyspn::detail::visit_leaves;

/// The leaves of a gradient, in order, to be taken up beside those of the parameters.
class gradient_leaves {
public:
    template <class Gradient>
    explicit gradient_leaves(Gradient const& gradient)
    {
        visit_leaves(gradient, [&](auto const&, auto leaf) { leaves_.emplace_back(as_const(leaf)); });
    }

    std::size_t size() const { return leaves_.size(); }

    /// Number k, which must be an array like x.
    template <class T, std::size_t Rank, class M>
    view<T const, Rank, M> beside(std::size_t k, view<T, Rank, M>) const
    {
        return *std::any_cast<view<T const, Rank, M>>(&leaves_[k]);
    }

    /// Throws shape_error unless leaf number k is an array like x.
    template <class T, std::size_t Rank, class M>
    void require(char const* function, std::size_t k, std::string const& argument, view<T, Rank, M> x) const
    {
        std::string const wanted = "an array of its type, of extents " + to_string(x.extents());
        if (k >= leaves_.size()) raise<shape_error>(function, argument.c_str(), wanted, "nothing");
        auto const* g = std::any_cast<view<T const, Rank, M>>(&leaves_[k]);
        if (g == nullptr) raise<shape_error>(function, argument.c_str(), wanted, "one of another type");
        if (!(g->extents() == x.extents()))
            raise<shape_error>(function, argument.c_str(), wanted, to_string(g->extents()));
    }

private:
    std::vector<std::any> leaves_;
};

/// Where the arrays of memory M are computed with, given the policy of the call: scalars of parameters on the device
/// lie on the host.
template <class M, execution_policy P>
auto policy_for(P const& exec)
{
    if constexpr (std::same_as<M, typename P::memory_space>) {
        return exec;
    } else {
        static_assert(std::same_as<M, memory::host>, "parameters on the device need exec::cuda");
        return exec::seq{};
    }
}

/// Calls check(k, leaf) for every leaf, then update(k, leaf, gradient) for every leaf: what check throws, it
/// throws before anything has changed. `what` is what messages call the second.
template <class Params, class Gradient, class Check, class Update>
void for_each_leaf_and_gradient(char const* function, Params& params, Gradient const& gradient, Check const& check,
                                Update const& update, std::string const& what = "gradient")
{
    gradient_leaves const gradients(gradient);
    std::size_t k = 0;
    visit_leaves(params, [&](std::string const& name, auto leaf) {
        gradients.require(function, k, what + " of " + name, as_view(leaf));
        check(k++, leaf);
    });
    if (gradients.size() != k)
        raise<shape_error>(function, ("the " + what).c_str(), "of " + std::to_string(k) + " arrays",
                           std::to_string(gradients.size()));
    k = 0;
    visit_leaves(params, [&](auto const&, auto leaf) {
        update(k, leaf, gradients.beside(k, as_view(leaf)));
        ++k;
    });
}

}  // namespace hyspn::optim::detail
