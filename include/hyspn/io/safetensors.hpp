// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include <hyspn/core/tensor.hpp>
#include <hyspn/io/atomic_file.hpp>

/// \file
/// The safetensors format: named arrays in one file, as the Python ecosystem reads and writes them. 8-byte
/// little-endian header length, JSON header, raw little-endian arrays.

namespace hyspn::io {

namespace detail {

template <class T>
constexpr char const* dtype_of()
{
    if constexpr (std::is_same_v<T, float>) return "F32";
    if constexpr (std::is_same_v<T, double>) return "F64";
    if constexpr (std::is_same_v<T, std::int32_t>) return "I32";
    if constexpr (std::is_same_v<T, std::int64_t>) return "I64";
    if constexpr (std::is_same_v<T, std::uint8_t>) return "U8";
    return nullptr;
}

template <class T>
concept safetensors_element = dtype_of<T>()
!= nullptr;

}  // namespace detail

/// A set of named arrays with string metadata, held in memory.
class safetensors {
public:
    static_assert(std::endian::native == std::endian::little, "arrays are stored little-endian and copied as they are");

    /// Reads a whole file. Throws io_error when it is missing, not a regular file, truncated or inconsistent.
    static safetensors read(std::filesystem::path const& path);

    /// Writes a file that appears whole or not at all. Throws io_error.
    void write(std::filesystem::path const& path) const
    {
        atomic_file file(path);
        write(file);
        file.commit();
    }

    /// The same into a file that the caller commits.
    void write(atomic_file& file) const;

    std::map<std::string, std::string>& metadata() { return metadata_; }
    std::map<std::string, std::string> const& metadata() const { return metadata_; }

    std::vector<std::string> names() const
    {
        std::vector<std::string> list;
        for (auto const& [name, a] : arrays_) list.push_back(name);
        return list;
    }
    bool contains(std::string_view name) const { return arrays_.find(name) != arrays_.end(); }

    /// Extents of an array; empty for a scalar. Throws io_error for an unknown name.
    std::vector<index_t> const& shape(std::string_view name) const { return at(name).shape; }

    /// Element type of an array as the format names it: F64, F32, I64, I32, U8 or BOOL. Throws io_error for an unknown
    /// name.
    std::string const& dtype(std::string_view name) const { return at(name).dtype; }

    /// One array, converted to T. Throws io_error for an unknown name, shape_error for another rank.
    template <class T, std::size_t Rank>
    tensor<T, Rank> get(std::string_view name) const;

    /// An array of one element (any rank), converted to T. Throws io_error for an unknown name, shape_error when it has
    /// none or several.
    template <class T>
    T get_scalar(std::string_view name) const;

    /// Stores a copy of a host array of float, double, int32, int64 or uint8; replaces one of the same name. Throws
    /// value_error for the name "__metadata__", which the format keeps for itself.
    template <view_like X>
    void set(std::string name, X const& x);

    /// Stores one number of these types as an array without axes; otherwise as set.
    template <class T>
        requires std::is_arithmetic_v<T>
    void set_scalar(std::string name, T value)
    {
        static_assert(
            detail::safetensors_element<T>,
            "safetensors hold float, double, std::int32_t, std::int64_t and std::uint8_t: convert the number");
        arrays_[usable(std::move(name))] = {detail::dtype_of<T>(), {}, bytes_of(&value, 1)};
    }

private:
    static constexpr char const* metadata_name = "__metadata__";

    struct array {
        std::string dtype;
        std::vector<index_t> shape;
        std::vector<char> bytes;
    };

    template <class T>
    static std::vector<char> bytes_of(T const* data, std::size_t n)
    {
        std::vector<char> bytes(n * sizeof(T));
        if (n > 0) std::memcpy(bytes.data(), data, bytes.size());
        return bytes;
    }

    static std::string usable(std::string name)
    {
        if (name == metadata_name) hyspn::detail::raise<value_error>("safetensors::set", "name", "free to use", name);
        return name;
    }

    array const& at(std::string_view name) const
    {
        auto const found = arrays_.find(name);
        if (found == arrays_.end()) throw io_error("safetensors: no array is named " + std::string(name));
        return found->second;
    }

    static std::size_t size_of(std::string const& dtype, std::string const& file);
    static std::vector<index_t> sizes(nlohmann::json const& list, std::string const& file, std::string const& name);
    static array parse(std::string const& file, std::string const& name, nlohmann::json const& entry,
                       std::vector<char> const& payload);

    template <class To>
    static void convert(array const& from, To* to, std::size_t n);

    std::map<std::string, array, std::less<>> arrays_;
    std::map<std::string, std::string> metadata_;
};

inline std::size_t safetensors::size_of(std::string const& dtype, std::string const& file)
{
    if (dtype == "F64" || dtype == "I64") return 8;
    if (dtype == "F32" || dtype == "I32") return 4;
    if (dtype == "U8" || dtype == "BOOL") return 1;
    throw io_error("safetensors: " + file + " holds arrays of type " + dtype +
                   "; supported are F64, F32, I64, I32, U8 and BOOL");
}

/// A JSON list of integers that are at least 0; JSON's own conversions would take fractions and booleans too.
inline std::vector<index_t> safetensors::sizes(nlohmann::json const& list, std::string const& file,
                                               std::string const& name)
{
    if (!list.is_array())
        throw io_error("safetensors: " + file + " is inconsistent: " + list.dump() + " is no list, in " + name);
    std::vector<index_t> result;
    for (auto const& n : list) {
        if (!n.is_number_unsigned() || n.get<std::uint64_t>() > std::uint64_t{std::numeric_limits<index_t>::max()})
            throw io_error("safetensors: " + file + " is inconsistent: " + n.dump() + " is no size, in " + name);
        result.push_back(n.get<index_t>());
    }
    return result;
}

inline safetensors::array safetensors::parse(std::string const& file, std::string const& name,
                                             nlohmann::json const& entry, std::vector<char> const& payload)
{
    array a;
    a.dtype = entry.at("dtype").get<std::string>();
    a.shape = sizes(entry.at("shape"), file, name);
    auto const offsets = sizes(entry.at("data_offsets"), file, name);
    auto const end_of_payload = static_cast<index_t>(payload.size());

    // Extents of an empty array are bounded as well: strides and products of any of them must not overflow.
    auto bytes = static_cast<index_t>(size_of(a.dtype, file));
    bool empty = false;
    for (index_t n : a.shape) {
        if (n > 0 && bytes > std::numeric_limits<index_t>::max() / n)
            throw io_error("safetensors: " + file + " is inconsistent: shape of " + name);
        empty = empty || n == 0;
        bytes *= n > 0 ? n : 1;
    }
    if (offsets.size() != 2 || offsets[0] > offsets[1])
        throw io_error("safetensors: " + file + " is inconsistent: offsets of " + name);
    if (offsets[1] > end_of_payload)
        throw io_error("safetensors: " + file + " is truncated: " + name + " ends past the end of the file");
    if (offsets[1] - offsets[0] != (empty ? 0 : bytes))
        throw io_error("safetensors: " + file + " is inconsistent: size of " + name);
    a.bytes.assign(payload.begin() + offsets[0], payload.begin() + offsets[1]);
    return a;
}

inline safetensors safetensors::read(std::filesystem::path const& path)
{
    std::error_code failed;
    auto const status = std::filesystem::status(path, failed);
    if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
        throw io_error("safetensors: " + path.string() +
                       " is not a regular file");  // of another kind the size is unknown
    std::ifstream in(path, std::ios::binary);
    std::uint64_t const file_size = std::filesystem::file_size(path, failed);
    if (!in || failed) throw io_error("safetensors: cannot open " + path.string());
    std::uint64_t header_size = 0;
    in.read(reinterpret_cast<char*>(&header_size), 8);
    if (!in || file_size < 8 || header_size > file_size - 8)
        throw io_error("safetensors: " + path.string() + " is truncated or not a safetensors file");
    std::string header(header_size, '\0');
    in.read(header.data(), static_cast<std::streamsize>(header_size));
    std::vector<char> payload(file_size - 8 - header_size);
    in.read(payload.data(), static_cast<std::streamsize>(payload.size()));
    if (!in) throw io_error("safetensors: cannot read " + path.string());

    safetensors file;
    try {
        auto const entries = nlohmann::json::parse(header);
        if (!entries.is_object()) throw io_error("safetensors: " + path.string() + " has a malformed header");
        for (auto const& [name, entry] : entries.items()) {
            if (name == metadata_name)
                file.metadata_ = entry.get<std::map<std::string, std::string>>();
            else
                file.arrays_[name] = parse(path.string(), name, entry, payload);
        }
    } catch (nlohmann::json::exception const& e) {
        throw io_error("safetensors: " + path.string() + " has a malformed header: " + e.what());
    }
    return file;
}

inline void safetensors::write(atomic_file& file) const
{
    nlohmann::json header = nlohmann::json::object();
    if (!metadata_.empty()) header[metadata_name] = metadata_;
    std::size_t offset = 0;
    for (auto const& [name, a] : arrays_) {
        header[name] = {{"dtype", a.dtype}, {"shape", a.shape}, {"data_offsets", {offset, offset + a.bytes.size()}}};
        offset += a.bytes.size();
    }
    std::string text;
    try {
        text = header.dump();
    } catch (nlohmann::json::exception const&) {
        throw io_error("cannot write " + file.path().string() + ": names and metadata must be UTF-8");
    }
    text.append((8 - text.size() % 8) % 8, ' ');  // arrays start aligned
    auto const header_size = static_cast<std::uint64_t>(text.size());
    file.write(&header_size, 8);
    file.write(text.data(), text.size());
    for (auto const& [name, a] : arrays_) file.write(a.bytes.data(), a.bytes.size());
}

template <class To>
void safetensors::convert(array const& from, To* to, std::size_t n)
{
    auto const copy_as = [&]<class From>(From) {
        for (std::size_t i = 0; i < n; ++i) {
            From value;
            std::memcpy(&value, from.bytes.data() + i * sizeof(From), sizeof(From));
            to[i] = static_cast<To>(value);
        }
    };
    if (from.dtype == "F64") copy_as(double{});
    if (from.dtype == "F32") copy_as(float{});
    if (from.dtype == "I64") copy_as(std::int64_t{});
    if (from.dtype == "I32") copy_as(std::int32_t{});
    if (from.dtype == "U8" || from.dtype == "BOOL") copy_as(std::uint8_t{});
}

template <class T, std::size_t Rank>
tensor<T, Rank> safetensors::get(std::string_view name) const
{
    array const& a = at(name);
    if (a.shape.size() != Rank)
        throw shape_error("safetensors: " + std::string(name) + " must have " + std::to_string(Rank) + " axes, got " +
                          std::to_string(a.shape.size()));
    dims<Rank> e{};
    for (std::size_t r = 0; r < Rank; ++r) e[r] = a.shape[r];
    tensor<T, Rank> t(e);
    convert(a, t.data(), static_cast<std::size_t>(t.size()));
    return t;
}

template <class T>
T safetensors::get_scalar(std::string_view name) const
{
    array const& a = at(name);
    index_t n = 1;
    for (index_t e : a.shape) n *= e;
    if (n != 1)
        throw shape_error("safetensors: " + std::string(name) + " must have one element, got " + std::to_string(n));
    T value{};
    convert(a, &value, 1);
    return value;
}

template <view_like X>
void safetensors::set(std::string name, X const& x)
{
    auto const v = as_const(x);
    using V = decltype(v);
    static_assert(std::is_same_v<typename std::remove_const_t<V>::memory_space, memory::host>,
                  "safetensors::set takes host arrays: copy a device tensor with to_host first");
    using T = typename std::remove_const_t<V>::value_type;
    static_assert(detail::safetensors_element<T>,
                  "safetensors hold float, double, std::int32_t, std::int64_t and std::uint8_t: convert the array");
    tensor<T, std::remove_const_t<V>::rank()> dense(v.extents());
    copy(v, as_view(dense));
    std::vector<index_t> shape(v.extents().begin(), v.extents().end());
    arrays_[usable(std::move(name))] = {detail::dtype_of<T>(), std::move(shape),
                                        bytes_of(dense.data(), static_cast<std::size_t>(dense.size()))};
}

}  // namespace hyspn::io
