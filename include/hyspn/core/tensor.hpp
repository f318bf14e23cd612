// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

#include <hyspn/core/view.hpp>

/// \file
/// A view that owns its memory. Host tensors copy as values; device tensors (exec/device_memory.cuh) move, and copy by
/// clone.

namespace hyspn {

namespace detail {

/// Raw memory of one space: allocate(bytes), release(pointer). That of devices, in exec/device_memory.cuh, comes
/// zeroed.
template <class Memory>
struct allocator;

template <>
struct allocator<memory::host> {
    /// A cache line, and the widest vector register of today's CPUs.
    static constexpr std::align_val_t alignment{64};
    static constexpr bool copyable = true;
    static void* allocate(std::size_t bytes) { return ::operator new(bytes, alignment); }
    static void release(void* p) noexcept { ::operator delete(p, alignment); }
};

/// The extents of an array of T, whose bytes an index_t can count.
template <class T, std::size_t Rank>
dims<Rank> checked_extents(dims<Rank> const& e)
{
    bool empty = false;
    for (index_t n : e) {
        if (n < 0) raise<shape_error>("tensor", "every extent", "at least 0", to_string(e));
        empty = empty || n == 0;
    }
    if (empty) return e;
    index_t room = std::numeric_limits<index_t>::max() / static_cast<index_t>(sizeof(T));
    for (index_t n : e) {
        room /= n;
        if (room == 0) raise<shape_error>("tensor", "the number of bytes", "below 2^63", to_string(e));
    }
    return e;
}

}  // namespace detail

/// Owning, dense, row-major array of `Rank` indices. Starts at zero; empty, with all extents 0, when moved from.
template <class T, std::size_t Rank, class Memory = memory::host>
    requires std::is_trivially_copyable_v<T>
class tensor {
public:
    using value_type = T;
    using memory_space = Memory;

    tensor() = default;

    /// Throws shape_error for a negative extent and for more bytes than index_t counts, std::bad_alloc.
    explicit tensor(dims<Rank> const& e) : view_(nullptr, detail::checked_extents<T>(e))
    {
        if (size() == 0) return;
        data_ = static_cast<T*>(detail::allocator<Memory>::allocate(static_cast<std::size_t>(size()) * sizeof(T)));
        view_ = view<T, Rank, Memory>(data_, e);
        if constexpr (std::same_as<Memory, memory::host>) std::fill_n(data_, size(), T{});
    }

    template <class... E>
        requires(sizeof...(E) == Rank && (std::integral<E> && ...))
    explicit tensor(E... e) : tensor(dims<Rank>{static_cast<index_t>(e)...}) {}

    tensor(tensor const& other) requires(detail::allocator<Memory>::copyable) : tensor(other.extents())
    {
        std::copy_n(other.data_, other.size(), data_);
    }
    tensor(tensor&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), view_(std::exchange(other.view_, view<T, Rank, Memory>{}))
    {
    }
    tensor& operator=(tensor other) noexcept
    {
        std::swap(data_, other.data_);
        std::swap(view_, other.view_);
        return *this;
    }
    ~tensor()
    {
        if (data_) detail::allocator<Memory>::release(data_);
    }

    static constexpr std::size_t rank() { return Rank; }
    dims<Rank> const& extents() const { return view_.extents(); }
    index_t extent(std::size_t r) const { return view_.extent(r); }
    index_t size() const { return view_.size(); }
    T* data() { return data_; }
    T const* data() const { return data_; }

    template <class... I>
    T& operator()(I... i)
    {
        return view_(i...);
    }
    template <class... I>
    T const& operator()(I... i) const
    {
        return view_(i...);
    }
    auto operator[](index_t i) requires(Rank > 1) { return view_[i]; }
    auto operator[](index_t i) const requires(Rank > 1) { return as_const(view_[i]); }

    /// All elements in row-major order.
    T* begin() requires std::same_as<Memory, memory::host> { return data_; }
    T* end() requires std::same_as<Memory, memory::host> { return data_ + size(); }
    T const* begin() const requires std::same_as<Memory, memory::host> { return data_; }
    T const* end() const requires std::same_as<Memory, memory::host> { return data_ + size(); }

    friend view<T, Rank, Memory> as_view(tensor& t) { return t.view_; }
    friend view<T const, Rank, Memory> as_view(tensor const& t) { return t.view_; }

    /// Tensors convert to views where one is asked for by type.
    operator view<T, Rank, Memory>() { return view_; }
    operator view<T const, Rank, Memory>() const { return view_; }

private:
    T* data_ = nullptr;
    view<T, Rank, Memory> view_{};
};

/// Calls f(x) for every element of a host array in row-major order, whatever its strides.
template <class T, std::size_t Rank, class F>
void for_each_element(view<T, Rank, memory::host> x, F&& f)
{
    if constexpr (Rank == 1) {
        for (index_t i = 0; i < x.extent(0); ++i) f(x(i));
    } else {
        for (index_t i = 0; i < x.extent(0); ++i) for_each_element(x[i], f);
    }
}

/// Copies a host array element by element; extents must agree. Throws shape_error.
template <class T, class U, std::size_t Rank>
void copy(view<T, Rank, memory::host> from, view<U, Rank, memory::host> to)
{
    detail::require_shape("copy", "to", "extents of from", to.extents(), from.extents());
    if constexpr (Rank == 1) {
        for (index_t i = 0; i < from.extent(0); ++i) to(i) = static_cast<U>(from(i));
    } else {
        for (index_t i = 0; i < from.extent(0); ++i) copy(from[i], to[i]);
    }
}

/// A host tensor of another element type with the same values.
template <class U, view_like X>
auto cast(X const& x)
{
    auto const from = as_const(x);
    tensor<U, rank_of<X const>> to(from.extents());
    copy(from, as_view(to));
    return to;
}

}  // namespace hyspn
