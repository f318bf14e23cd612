// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include <hyspn/core/leaf.hpp>
#include <hyspn/io/safetensors.hpp>

/// \file
/// Learned values in files: any aggregate with a friend for_each_leaf(params, f), and an array that stands alone.
/// Arrays that are no leaves but belong to a network, such as running statistics, are saved with them where the
/// aggregate has a friend for_each_buffer(params, f) too.

namespace hyspn::io {

namespace detail {

/// Calls f(name, view) for every array, its name under `prefix`, a prefix of which has its dot.
template <class P, class F>
void visit_arrays(std::string const& prefix, P& p, F const& f)
{
    for_each_leaf(hyspn::detail::leaves_and_buffers<P>{p},
                  [&](std::string const& name, auto leaf) { f(prefix + name, as_view(leaf)); });
}

template <class P>
void store_arrays(char const* function, safetensors& file, std::string const& prefix, P const& p)
{
    visit_arrays(prefix, p, [&](std::string const& name, auto array) {
        if (file.contains(name))
            hyspn::detail::raise<value_error>(function, "the name of an array", "used once", name + " twice");
        file.set(name, array);
    });
}

inline std::string to_string(std::vector<index_t> const& shape)
{
    std::string text = "[";
    for (std::size_t r = 0; r < shape.size(); ++r) text += (r > 0 ? ", " : "") + std::to_string(shape[r]);
    return text + "]";
}

/// One number may be written with one axis, or, as PyTorch has it, with none.
template <std::size_t Rank>
bool is_lone_number(std::vector<index_t> const& shape, dims<Rank> const& wanted)
{
    return shape.empty() && wanted == dims<Rank>{1} && Rank == 1;
}

/// Throws io_error unless the file has an array of this name, type and extents.
template <class T, std::size_t Rank, class M>
void require_array(char const* function, std::string const& path, safetensors const& file, std::string const& name,
                   view<T, Rank, M> x)
{
    using element = std::remove_const_t<T>;
    static_assert(safetensors_element<element>, "files hold float, double, std::int32_t, std::int64_t, std::uint8_t");
    std::string const wanted = std::string(dtype_of<element>()) + " " + to_string(x.extents());
    std::string const got =
        file.contains(name) ? file.dtype(name) + " " + to_string(file.shape(name)) : std::string("nothing");
    bool const alone =
        file.contains(name) && is_lone_number(file.shape(name), x.extents()) && file.dtype(name) == dtype_of<element>();
    if (got != wanted && !alone) hyspn::detail::raise<io_error>(function, (name + " in " + path).c_str(), wanted, got);
}

/// Throws io_error unless the file has all arrays of `p` under the prefix, and no other there.
template <class P>
void require_arrays(char const* function, std::string const& path, safetensors const& file, std::string const& prefix,
                    P& p)
{
    std::set<std::string> known;
    visit_arrays(prefix, p, [&](std::string const& name, auto array) {
        require_array(function, path, file, name, array);
        known.insert(name);
    });
    for (auto const& name : file.names())
        if (name.starts_with(prefix) && !known.contains(name))
            hyspn::detail::raise<io_error>(function, ("the arrays in " + path).c_str(), "those of the parameters",
                                           name + " besides");
}

/// After require_arrays.
template <class P>
void restore_arrays(safetensors const& file, std::string const& prefix, P& p)
{
    visit_arrays(prefix, p, [&]<class T, std::size_t Rank, class M>(std::string const& name, view<T, Rank, M> to) {
        static_assert(std::is_same_v<M, memory::host>, "files are read into host arrays: load, then to_device");
        if (is_lone_number(file.shape(name), to.extents())) {
            *to.data_handle() = file.template get_scalar<T>(name);
            return;
        }
        auto const from = file.template get<T, Rank>(name);
        copy(as_view(from), to);
    });
}

inline constexpr char const* configuration_key = "configuration";

inline std::string metadata_of(safetensors const& file, std::string const& key)
{
    auto const found = file.metadata().find(key);
    return found == file.metadata().end() ? std::string() : found->second;
}

/// Throws io_error, with both, unless the file was written for this configuration.
inline void require_configuration(char const* function, std::string const& path, safetensors const& file,
                                  std::string const& wanted)
{
    auto const got = metadata_of(file, configuration_key);
    if (got != wanted)
        hyspn::detail::raise<io_error>(function, ("the configuration of " + path).c_str(), "\"" + wanted + "\"",
                                       "\"" + got + "\"");
}

}  // namespace detail

/// Writes all arrays of `params` under their names into one safetensors file, which appears whole or not at all.
/// `configuration` is any text that says which network they belong to. Throws io_error; value_error for a name that
/// comes twice.
template <class P>
void save_parameters(std::filesystem::path const& path, P const& params, std::string const& configuration = "")
{
    safetensors file;
    if (!configuration.empty()) file.metadata()[detail::configuration_key] = configuration;
    detail::store_arrays("save_parameters", file, "", params);
    file.write(path);
}

/// Reads them back, bit by bit, into `params` of the same extents. Throws io_error, before anything has changed, when
/// the configuration is another (the message has both), when an array is missing, has another type or other extents
/// (its name, what was wanted, what was found), or when there are arrays that `params` does not have.
template <class P>
void load_parameters(std::filesystem::path const& path, P& params, std::string const& configuration = "")
{
    constexpr auto function = "load_parameters";
    auto const file = safetensors::read(path);
    detail::require_configuration(function, path.string(), file, configuration);
    detail::require_arrays(function, path.string(), file, "", params);
    detail::restore_arrays(file, "", params);
}

}  // namespace hyspn::io
