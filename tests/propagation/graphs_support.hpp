// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "propagation/support.hpp"

namespace hyspn::testing {

/// Uniform in [low, high), multiples that float holds exactly.
template <class T, std::size_t Rank>
tensor<T, Rank> uniform(dims<Rank> const& e, std::uint64_t seed, double low, double high)
{
    random_stream stream(seed);
    tensor<T, Rank> made(e);
    for (T& x : made) x = static_cast<T>(static_cast<float>(low + (high - low) * stream.uniform()));
    return made;
}

template <class T, std::size_t Rank>
double inner(tensor<T, Rank> const& a, tensor<T, Rank> const& b)
{
    double sum = 0;
    for (index_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a.data()[i]) * static_cast<double>(b.data()[i]);
    return sum;
}

template <class T, std::size_t Rank>
bool all_finite(tensor<T, Rank> const& x)
{
    return std::all_of(x.begin(), x.end(), [](T v) { return std::isfinite(v); });
}

/// An array whose rows, or whose elements, lie apart, with the content of a tensor.
template <class T>
class spread_array {
public:
    spread_array(tensor<T, 4> const& from, index_t row_gap, index_t element_step)
        : extents_(from.extents()),
          step_(element_step),
          room_(from.extent(0), from.extent(1), from.extent(2), from.extent(3) * element_step + row_gap)
    {
        hyspn::copy(as_view(from), view());
    }

    hyspn::view<T, 4> view()
    {
        auto strides = as_view(room_).strides();
        strides[3] = step_;
        return {room_.data(), extents_, strides};
    }

private:
    dims<4> extents_;
    index_t step_;
    tensor<T, 4> room_;
};

/// (L(x + h) - L(x - h)) / 2h.
template <class Loss>
double central_difference(double& x, Loss const& loss, double h = 1e-5)
{
    double const at = x;
    x = at + h;
    double const above = loss();
    x = at - h;
    double const below = loss();
    x = at;
    return (above - below) / (2 * h);
}

/// The largest |central difference - gradient| over an array.
template <std::size_t Rank, class Loss>
double gradient_error(tensor<double, Rank>& x, tensor<double, Rank> const& gradient, Loss const& loss)
{
    double worst = 0;
    for (index_t i = 0; i < x.size(); ++i) {
        double const e = std::abs(central_difference(x.data()[i], loss) - gradient.data()[i]);
        worst = e >= worst ? e : e < worst ? worst : infinity;
    }
    return worst;
}

}  // namespace hyspn::testing
