// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include <hyspn/core/random.hpp>
#include <hyspn/core/tensor.hpp>
#include <hyspn/exec/dispatch.hpp>
#include <hyspn/testing/gradient_check.hpp>

namespace hyspn::testing {

inline constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
inline constexpr double infinite = std::numeric_limits<double>::infinity();

/// Uniform numbers.
template <class T, std::size_t Rank>
tensor<T, Rank> between(dims<Rank> const& e, double low, double high, std::uint64_t seed)
{
    tensor<T, Rank> t(e);
    random_stream random(seed);
    for (T& x : t) x = static_cast<T>(low + (high - low) * random.uniform());
    return t;
}

/// Labels 0 … classes − 1, some of them `ignored` instead.
template <class I>
tensor<I, 3> random_labels(dims<3> const& e, index_t classes, double share_ignored, I ignored, std::uint64_t seed)
{
    tensor<I, 3> t(e);
    random_stream random(seed);
    for (I& x : t) {
        auto const label = static_cast<I>(random.below(classes));
        x = random.uniform() < share_ignored ? ignored : label;
    }
    return t;
}

/// The same numbers with room behind each row, and between planes.
template <class T, std::size_t Rank>
class padded {
public:
    explicit padded(tensor<T, Rank> const& from)
    {
        dims<Rank> room = from.extents();
        room[Rank - 1] += 3;
        room[Rank - 2] += 1;
        room_ = tensor<T, Rank>(room);
        view_ = view<T, Rank>(room_.data(), from.extents(), row_major_strides(room));
        copy(as_view(from), view_);
    }
    view<T, Rank> get() { return view_; }

private:
    tensor<T, Rank> room_;
    view<T, Rank> view_;
};

template <class A, class B>
bool same_bits(A const& a, B const& b)
{
    std::vector<typename A::value_type> x, y;
    for_each_element(as_const(a), [&](auto v) { x.push_back(v); });
    for_each_element(as_const(b), [&](auto v) { y.push_back(v); });
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(x[0])) == 0;
}

inline bool same_bits(double a, double b)
{
    return std::memcmp(&a, &b, sizeof a) == 0;
}

/// A loss as check_adjoint and check_differences want it. `evaluate(array)` is its value, `evaluate(array, gradient)`
/// its value and gradient.
template <class Evaluate>
struct packed_loss {
    dims<4> shape;
    Evaluate evaluate;

    template <class S>
    tensor<S, 4> unpack(std::vector<S> const& flat) const
    {
        tensor<S, 4> x(shape);
        std::copy(flat.begin(), flat.end(), x.begin());
        return x;
    }
    template <class S>
    std::vector<S> operator()(std::vector<S> const& flat) const
    {
        return {evaluate.value(unpack(flat))};
    }
    std::vector<double> operator()(std::vector<double> const& flat, std::vector<double> const& dy) const
    {
        tensor<double, 4> gradient(shape);
        for (double& g : gradient) g = nan_value;
        evaluate.gradient(unpack(flat), gradient);
        std::vector<double> out;
        for (double const g : gradient) out.push_back(dy[0] * g);
        return out;
    }
};

/// Largest error of the gradient, by dual numbers and by differences.
template <class Evaluate>
std::pair<double, double> gradient_errors(tensor<double, 4> const& at, Evaluate const& evaluate)
{
    packed_loss<Evaluate> const f{at.extents(), evaluate};
    std::vector<double> const x(at.begin(), at.end());
    return {check_adjoint(f, f, x, {.floor = 1e-3}).worst, check_differences(f, f, x, {.floor = 1e-3}).worst};
}

}  // namespace hyspn::testing
