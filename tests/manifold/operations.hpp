// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include <hyspn/manifold/detail/pointwise.hpp>

namespace hyspn::testing {

/// An operation as a type, so that one test body serves all of them. forward and vjp stand for the public functions,
/// batched and for one vector alike.
template <class Formula>
struct operation {
    using formula = Formula;
    static constexpr std::size_t input_count = hyspn::detail::input_count<Formula>;
    static constexpr std::string_view full_name = Formula::name;
    /// Without the model's name, as the golden files have it: dist of poincare::dist, to_klein of poincare_to_klein.
    static constexpr std::string_view name =
        full_name.substr(full_name.find("::") < full_name.size() ? full_name.find("::") + 2 : full_name.find('_') + 1);
    static constexpr std::array<hyspn::detail::argument, input_count> inputs = [] {
        std::array<hyspn::detail::argument, input_count> all{};
        for (std::size_t k = 0; k < input_count; ++k) all[k] = Formula::inputs[k];
        return all;
    }();
    static constexpr bool scalar_output = Formula::scalar_output;

    template <class... A>
    static auto forward(A&&... a)
    {
        return hyspn::detail::pointwise_function<Formula>{}(std::forward<A>(a)...);
    }
    template <class... A>
    static auto vjp(A&&... a)
    {
        return hyspn::detail::pointwise_vjp<Formula>{}(std::forward<A>(a)...);
    }
};

/// Calls f(std::index_sequence<0, 1, …>) with the positions of the inputs.
template <class Op, class F>
decltype(auto) with_inputs(F const& f)
{
    return f(std::make_index_sequence<Op::input_count>{});
}

/// The curvature an operation takes, from its number: c where it is c > 0, κ where it may have any sign.
template <class Op, class T>
auto curvature_of(T number)
{
    using K = typename hyspn::detail::curvature_for<typename Op::formula, T>::type;
    if constexpr (requires { K::from_c(number); })
        return K::from_c(number);
    else if constexpr (requires { K::from_kappa(number); })
        return K::from_kappa(number);
    else
        return curvature<T>::from_c(number);
}

}  // namespace hyspn::testing
