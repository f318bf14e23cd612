// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <hyspn/core/view.hpp>

namespace hyspn::detail {

/// The elements of an array of any strides by their number in row-major order: what reduce and one-dimensional loops
/// ask for. No division where the array is dense.
template <class T, std::size_t Rank, class M>
class flat_elements {
public:
    flat_elements() = default;
    explicit flat_elements(view<T, Rank, M> const& x) : x_(x), dense_(x.contiguous()) {}

    index_t size() const { return x_.size(); }
    dims<1> shape() const { return {{x_.size()}}; }

    HYSPN_HD T& operator()(index_t i) const
    {
        if (dense_) return x_.data_handle()[i];
        index_t offset = 0;
        for (std::size_t r = Rank; r-- > 0;) {
            offset += i % x_.extent(r) * x_.stride(r);
            i /= x_.extent(r);
        }
        return x_.data_handle()[offset];
    }

private:
    view<T, Rank, M> x_{};
    bool dense_ = true;
};

/// What numbers are summed in: double for float and double; testing::dual stays what it is.
template <class T>
struct sum_number {
    using type = T;
};
template <>
struct sum_number<float> {
    using type = double;
};
template <class T>
using sum_number_t = typename sum_number<std::remove_const_t<T>>::type;

}  // namespace hyspn::detail
