// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

#include <hyspn/core/config.hpp>
#include <hyspn/core/error.hpp>

/// \file
/// A non-owning array of fixed rank, with mdspan's names and its memory space in the type.

namespace hyspn {

/// Where an array lives. A view of one space is not accepted by a policy of another: that is a compile error.
namespace memory {
struct host {};
struct device {};
}  // namespace memory

/// Extents, strides or positions along `Rank` axes. An aggregate of its own because device code may not call
/// std::array.
template <std::size_t Rank>
struct dims {
    index_t values[Rank];

    HYSPN_HD constexpr index_t& operator[](std::size_t r) { return values[r]; }
    HYSPN_HD constexpr index_t operator[](std::size_t r) const { return values[r]; }
    constexpr index_t const* begin() const { return values; }
    constexpr index_t const* end() const { return values + Rank; }
    friend constexpr bool operator==(dims const&, dims const&) = default;
};

/// Text of extents as in error messages, e.g. "[9, 32, 32]".
template <std::size_t Rank>
std::string to_string(dims<Rank> const& e)
{
    std::string text = "[";
    for (std::size_t r = 0; r < Rank; ++r) text += (r ? ", " : "") + std::to_string(e[r]);
    return text + "]";
}

/// Strides of a dense row-major array.
template <std::size_t Rank>
HYSPN_HD constexpr dims<Rank> row_major_strides(dims<Rank> const& e)
{
    dims<Rank> s{};
    index_t step = 1;
    for (std::size_t r = Rank; r-- > 0;) {
        s[r] = step;
        step *= e[r];
    }
    return s;
}

/// Strided, non-owning, trivially copyable array of `Rank` indices. Read-only when T is const.
/// Distinct views may alias; each operation says whether it may run in place.
template <class T, std::size_t Rank, class Memory = memory::host>
class view {
public:
    using element_type = T;
    using value_type = std::remove_const_t<T>;
    using memory_space = Memory;

    view() = default;

    /// Dense row-major array of the given extents.
    HYSPN_HD constexpr view(T* data, dims<Rank> const& e) : view(data, e, row_major_strides(e)) {}

    /// Array with any strides, in elements.
    HYSPN_HD constexpr view(T* data, dims<Rank> const& e, dims<Rank> const& strides)
        : data_(data), extents_(e), strides_(strides)
    {
    }

    /// A mutable view is also a read-only one.
    template <class U>
        requires(std::same_as<U const, T> && !std::is_const_v<U>)
    HYSPN_HD constexpr view(view<U, Rank, Memory> const& other)
        : data_(other.data_handle()), extents_(other.extents()), strides_(other.strides())
    {
    }

    HYSPN_HD static constexpr std::size_t rank() { return Rank; }
    HYSPN_HD constexpr index_t extent(std::size_t r) const { return extents_[r]; }
    HYSPN_HD constexpr index_t stride(std::size_t r) const { return strides_[r]; }
    HYSPN_HD constexpr dims<Rank> const& extents() const { return extents_; }
    HYSPN_HD constexpr dims<Rank> const& strides() const { return strides_; }
    HYSPN_HD constexpr T* data_handle() const { return data_; }

    HYSPN_HD constexpr index_t size() const
    {
        index_t n = 1;
        for (std::size_t r = 0; r < Rank; ++r) n *= extents_[r];
        return n;
    }

    /// The last index walks adjacent elements, so &v(i, j, 0) is a plain row. An extent of at most 1 counts as so.
    HYSPN_HD constexpr bool rows_contiguous() const { return extents_[Rank - 1] <= 1 || strides_[Rank - 1] == 1; }

    /// All elements lie in one dense row-major block.
    HYSPN_HD constexpr bool contiguous() const
    {
        index_t step = 1;
        for (std::size_t r = Rank; r-- > 0;) {
            if (extents_[r] > 1 && strides_[r] != step) return false;
            step *= extents_[r];
        }
        return true;
    }

    template <class... I>
        requires(sizeof...(I) == Rank && (std::convertible_to<I, index_t> && ...))
    HYSPN_HD constexpr T& operator()(I... i) const
    {
        return data_[offset(std::make_index_sequence<Rank>{}, static_cast<index_t>(i)...)];
    }

    /// The sub-array at position `i` of the first index.
    HYSPN_HD constexpr view<T, Rank - 1, Memory> operator[](index_t i) const requires(Rank > 1)
    {
        HYSPN_ASSERT(i >= 0 && i < extents_[0]);
        dims<Rank - 1> e{}, s{};
        for (std::size_t r = 1; r < Rank; ++r) {
            e[r - 1] = extents_[r];
            s[r - 1] = strides_[r];
        }
        return {data_ + i * strides_[0], e, s};
    }

private:
    template <std::size_t... R, class... I>
    HYSPN_HD constexpr index_t offset(std::index_sequence<R...>, I... i) const
    {
        HYSPN_ASSERT(((i >= 0 && i < extents_[R]) && ...));
        return ((i * strides_[R]) + ...);
    }

    T* data_ = nullptr;
    dims<Rank> extents_{};
    dims<Rank> strides_{};
};

template <class T, std::size_t Rank, class Memory>
HYSPN_HD constexpr view<T, Rank, Memory> as_view(view<T, Rank, Memory> v)
{
    return v;
}

/// Anything that looks like std::mdspan (host memory, strided): data_handle(), extent(r), stride(r), rank().
// clang-format off
template <class M>
    requires requires(M const& m) {
        typename M::element_type;
        typename M::extents_type;
        { m.data_handle() } -> std::convertible_to<typename M::element_type*>;
        { m.extent(0) } -> std::convertible_to<index_t>;
        { m.stride(0) } -> std::convertible_to<index_t>;
    }
// clang-format on
auto as_view(M const& m)
{
    constexpr std::size_t rank = M::rank();
    dims<rank> e{}, s{};
    for (std::size_t r = 0; r < rank; ++r) {
        e[r] = static_cast<index_t>(m.extent(r));
        s[r] = static_cast<index_t>(m.stride(r));
    }
    return view<typename M::element_type, rank, memory::host>(m.data_handle(), e, s);
}

/// How as_view sees a type of another library: specialise with `static view<...> make(X& x)`. core/eigen.hpp does.
template <class X>
struct view_adapter;

template <class X>
    requires requires(X& x)
    {
        view_adapter<std::remove_const_t<X>>::make(x);
    }
auto as_view(X& x)
{
    return view_adapter<std::remove_const_t<X>>::make(x);
}

/// Read-only view of a view, or of anything as_view takes. Operations normalise their inputs with it.
template <class T, std::size_t Rank, class Memory>
HYSPN_HD constexpr view<T const, Rank, Memory> as_const(view<T, Rank, Memory> v)
{
    return {v.data_handle(), v.extents(), v.strides()};
}

template <class X>
    requires requires(X&& x)
    {
        as_view(x);
    }
auto as_const(X&& x)
{
    return as_const(as_view(x));
}

template <class X>
concept view_like = requires(X&& x)
{
    as_view(x);
};

template <view_like X>
using view_of = decltype(as_view(std::declval<std::remove_reference_t<X>&>()));

/// Element type of a view-like argument, without const.
template <view_like X>
using value_type_of = typename view_of<X>::value_type;

template <view_like X>
using memory_of = typename view_of<X>::memory_space;

template <view_like X>
inline constexpr std::size_t rank_of = view_of<X>::rank();

/// A view-like argument of exactly this rank.
template <class X, std::size_t Rank>
concept view_of_rank = view_like<X> && rank_of<X>
== Rank;

/// The same array with a batch index of extent 1 in front.
template <class T, std::size_t Rank, class Memory>
HYSPN_HD constexpr view<T, Rank + 1, Memory> with_batch(view<T, Rank, Memory> v)
{
    dims<Rank + 1> e{}, s{};
    e[0] = 1;
    s[0] = Rank > 0 ? v.extent(0) * v.stride(0) : 1;
    for (std::size_t r = 0; r < Rank; ++r) {
        e[r + 1] = v.extent(r);
        s[r + 1] = v.stride(r);
    }
    return {v.data_handle(), e, s};
}

namespace detail {

/// Throws shape_error "function: argument must be wanted, got [...]" unless the extents agree.
/// `pattern` names the axes as a reader knows them, e.g. "[N, 8, H, W]"; it is followed by the numbers wanted.
template <std::size_t Rank>
void require_shape(char const* function, char const* argument, char const* pattern, dims<Rank> const& got,
                   dims<Rank> const& wanted)
{
    if (got == wanted) return;
    raise<shape_error>(function, argument, std::string(pattern) + " = " + to_string(wanted), to_string(got));
}

/// Throws shape_error unless the last index walks adjacent elements.
template <class T, std::size_t Rank, class Memory>
void require_rows(char const* function, char const* argument, view<T, Rank, Memory> const& v)
{
    if (!v.rows_contiguous())
        raise<shape_error>(function, argument, "contiguous in its last index",
                           "stride " + std::to_string(v.stride(Rank - 1)));
}

}  // namespace detail
}  // namespace hyspn
