// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <vector>

#include <hyspn/core/tensor.hpp>

namespace hyspn::optim {

/// One dense array for each leaf, in the leaf's memory; empty where an optimiser keeps nothing.
template <class T, class M = memory::host>
class leaf_arrays {
public:
    /// The array of leaf number k with these extents. Made of zeros when it is not there; throws shape_error when it is
    /// and has another size.
    template <class Memory, std::size_t Rank>
    view<T, Rank, Memory> array(char const* function, std::size_t k, dims<Rank> const& e)
    {
        auto& all = in<Memory>();
        if (all.size() <= k) all.resize(k + 1);
        index_t const size = view<T, Rank, Memory>(nullptr, e).size();
        if (all[k].size() == 0) all[k] = tensor<T, 1, Memory>(size);
        if (all[k].size() != size)
            detail::raise<shape_error>(function, "the parameters", "those that the state was made for",
                                       "an array of extents " + to_string(e));
        return {all[k].data(), e};
    }

    /// Those in the memory named.
    template <class Memory>
    auto& in()
    {
        return list<Memory>(*this);
    }
    template <class Memory>
    auto const& in() const
    {
        return list<Memory>(*this);
    }

private:
    template <class Memory, class Self>
    static auto& list(Self& self)
    {
        static_assert(std::same_as<Memory, M> || std::same_as<Memory, memory::host>,
                      "a state<T> serves host parameters; parameters on the device need a state<T, memory::device>");
        if constexpr (std::same_as<Memory, M>)
            return self.main_;
        else
            return self.on_host_;
    }

    /// Scalars of parameters on the device stay on the host.
    std::vector<tensor<T, 1, M>> main_;
    std::vector<tensor<T, 1, memory::host>> on_host_;
};

/// What an optimiser carries from one step to the next. It starts empty; the first step makes the arrays it needs, so
/// one state belongs to one optimiser and one set of parameters. Copies of a host state are snapshots.
template <class T, class M = memory::host>
struct state {
    index_t steps = 0;         ///< taken so far
    leaf_arrays<T, M> first;   ///< momentum, or the mean of the gradient: tangent vectors for points of a manifold
    leaf_arrays<T, M> second;  ///< the mean square of the gradient, one a number, or one a point of a manifold
    leaf_arrays<T, M> moved;   ///< scratch: points after the step, until their momentum has followed

    /// Calls f(name, part) for what a later run needs to go on with the same bits: the number of steps, and lists of
    /// arrays. io/checkpoint.hpp saves and loads it.
    template <class Self, class F>
        requires std::same_as<std::remove_const_t<Self>, state>
    friend void for_each_part(Self& s, F&& f)
    {
        f("steps", s.steps);
        f("first", s.first.template in<M>());
        f("second", s.second.template in<M>());
        if constexpr (!std::same_as<M, memory::host>) {
            f("first_on_host", s.first.template in<memory::host>());
            f("second_on_host", s.second.template in<memory::host>());
        }
    }
};

}  // namespace hyspn::optim
