// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <hyspn/io/parameters.hpp>

/// \file
/// A run of training in a file, from which it goes on with the same bits.
///
///     save_checkpoint(path, {.step = t, .seed = seed, .configuration = text}, part("parameters", params),
///                     part("average", average), part("optimiser", run));
///     auto const at = load_checkpoint(path, text, part("parameters", params), part("average", average),
///                                     part("optimiser", run));
///
/// The file is one of safetensors: other programs can read the parameters in it.

namespace hyspn::io {

/// Where a run is.
struct run_position {
    index_t step = 0;           ///< steps taken
    std::uint64_t seed = 0;     ///< of everything random in the steps to come
    std::string configuration;  ///< any text that says which run this is: network, data, optimiser
};

/// Something with a name of its own in the file: parameters, their average, the state of an optimiser.
template <class P>
struct checkpoint_part {
    std::string name;
    P& content;
};

/// `content` may be an aggregate with for_each_leaf (its buffers too, see parameters.hpp), one with for_each_part
/// (whole numbers, and lists of arrays of one axis, as optim::state has), or an array. It must outlive the part. Names
/// must differ.
template <class P>
checkpoint_part<P> part(std::string name, P& content)
{
    return {std::move(name), content};
}

namespace detail {

template <class P>
concept has_parts = requires(P& p, hyspn::detail::any_leaf f)
{
    for_each_part(p, f);
};

inline constexpr char const *step_key = "step", *seed_key = "seed";

inline std::string list_size(std::string const& name)
{
    return name + ".size";
}
inline std::string list_entry(std::string const& name, std::size_t k)
{
    return name + "." + std::to_string(k);
}

/// To the file.
class part_writer {
public:
    part_writer(safetensors& file, std::string prefix) : file_(file), prefix_(std::move(prefix)) {}

    template <std::integral N>
    void operator()(char const* name, N const& number) const
    {
        file_.set_scalar(prefix_ + name, static_cast<std::int64_t>(number));
    }
    template <class T, class M>
    void operator()(char const* name, std::vector<tensor<T, 1, M>> const& list) const
    {
        file_.set_scalar(list_size(prefix_ + name), static_cast<std::int64_t>(list.size()));
        for (std::size_t k = 0; k < list.size(); ++k) file_.set(list_entry(prefix_ + name, k), list[k]);
    }

private:
    safetensors& file_;
    std::string prefix_;
};

/// From the file; `apply` says whether to change anything or to check alone.
class part_reader {
public:
    part_reader(char const* function, std::string path, safetensors const& file, std::string prefix, bool apply)
        : function_(function), path_(std::move(path)), file_(file), prefix_(std::move(prefix)), apply_(apply)
    {
    }

    template <std::integral N>
    void operator()(char const* name, N& number) const
    {
        auto const value = whole_number(prefix_ + name);
        if (apply_) number = static_cast<N>(value);
    }
    template <class T>
    void operator()(char const* name, std::vector<tensor<T, 1>>& list) const
    {
        auto const size = static_cast<std::size_t>(whole_number(list_size(prefix_ + name)));
        std::vector<tensor<T, 1>> read;
        for (std::size_t k = 0; k < size; ++k) read.push_back(entry<T>(list_entry(prefix_ + name, k)));
        if (apply_) list = std::move(read);
    }

private:
    std::int64_t whole_number(std::string const& name) const
    {
        if (!file_.contains(name) || file_.dtype(name) != "I64" || !file_.shape(name).empty())
            fail(name, "one I64 that is at least 0");
        auto const value = file_.get_scalar<std::int64_t>(name);
        if (value < 0) fail(name, "one I64 that is at least 0");
        return value;
    }
    template <class T>
    tensor<T, 1> entry(std::string const& name) const
    {
        if (!file_.contains(name) || file_.dtype(name) != dtype_of<T>() || file_.shape(name).size() != 1)
            fail(name, std::string(dtype_of<T>()) + " with one axis");
        return file_.get<T, 1>(name);
    }
    [[noreturn]] void fail(std::string const& name, std::string const& wanted) const
    {
        std::string const got =
            file_.contains(name) ? file_.dtype(name) + " " + to_string(file_.shape(name)) : std::string("nothing");
        hyspn::detail::raise<io_error>(function_, (name + " in " + path_).c_str(), wanted, got);
    }

    char const* function_;
    std::string path_;
    safetensors const& file_;
    std::string prefix_;
    bool apply_;
};

template <class P>
void store_part(char const* function, safetensors& file, checkpoint_part<P> const& part)
{
    std::string const prefix = part.name + ".";
    for (auto const& name : file.names())
        if (name.starts_with(prefix))
            hyspn::detail::raise<value_error>(function, "the name of a part", "used once", part.name + " twice");
    if constexpr (has_parts<P>)
        for_each_part(std::as_const(part.content), part_writer(file, prefix));
    else
        store_arrays(function, file, prefix, std::as_const(part.content));
}

template <class P>
void require_part(char const* function, std::string const& path, safetensors const& file,
                  checkpoint_part<P> const& part)
{
    std::string const prefix = part.name + ".";
    if constexpr (has_parts<P>)
        for_each_part(part.content, part_reader(function, path, file, prefix, false));
    else
        require_arrays(function, path, file, prefix, part.content);
}

template <class P>
void restore_part(char const* function, std::string const& path, safetensors const& file,
                  checkpoint_part<P> const& part)
{
    std::string const prefix = part.name + ".";
    if constexpr (has_parts<P>)
        for_each_part(part.content, part_reader(function, path, file, prefix, true));
    else
        restore_arrays(file, prefix, part.content);
}

template <std::integral N>
N number_in_metadata(char const* function, std::string const& path, safetensors const& file, char const* key)
{
    auto const text = metadata_of(file, key);
    N number{};
    auto const [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failed != std::errc{} || end != text.data() + text.size() || text.empty())
        hyspn::detail::raise<io_error>(function, (std::string(key) + " of " + path).c_str(),
                                       "a whole number, as checkpoints have it", "\"" + text + "\"");
    return number;
}

inline run_position position_in(char const* function, std::string const& path, safetensors const& file)
{
    return {number_in_metadata<index_t>(function, path, file, step_key),
            number_in_metadata<std::uint64_t>(function, path, file, seed_key), metadata_of(file, configuration_key)};
}

}  // namespace detail

/// Writes the parts and the position into one file, which appears whole or not at all: an older one of that name stays
/// until the new one is complete. Throws io_error, value_error for a name that comes twice.
template <class... P>
void save_checkpoint(std::filesystem::path const& path, run_position const& at, checkpoint_part<P> const&... parts)
{
    safetensors file;
    file.metadata() = {{detail::step_key, std::to_string(at.step)},
                       {detail::seed_key, std::to_string(at.seed)},
                       {detail::configuration_key, at.configuration}};
    (detail::store_part("save_checkpoint", file, parts), ...);
    file.write(path);
}

/// Reads the parts named, bit by bit, and returns the position. Aggregates must have their extents; states of
/// optimisers may be empty. Parts of the file that are not asked for are left alone: the average alone is enough to use
/// a network. Throws io_error, before anything has changed, when the file is of another configuration (the message has
/// both), is no checkpoint, or does not have the parts: the message names the array, what was wanted and what was
/// found.
template <class... P>
run_position load_checkpoint(std::filesystem::path const& path, std::string const& configuration,
                             checkpoint_part<P> const&... parts)
{
    constexpr auto function = "load_checkpoint";
    auto const file = safetensors::read(path);
    auto const at = detail::position_in(function, path.string(), file);
    detail::require_configuration(function, path.string(), file, configuration);
    (detail::require_part(function, path.string(), file, parts), ...);
    (detail::restore_part(function, path.string(), file, parts), ...);
    return at;
}

/// The position alone, for a program that looks what a file is. Throws io_error.
inline run_position checkpoint_position(std::filesystem::path const& path)
{
    return detail::position_in("checkpoint_position", path.string(), safetensors::read(path));
}

}  // namespace hyspn::io
