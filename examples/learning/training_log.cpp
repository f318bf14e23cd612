// SPDX-FileCopyrightText: 2026 The hyspn authors
// SPDX-License-Identifier: Apache-2.0
#include "training_log.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <limits>
#include <sstream>
#include <stdexcept>

#include <hyspn/io/atomic_file.hpp>

namespace learning {
namespace {

constexpr char const* first_columns = "step,loss,gradient_norm,rate,seconds";

/// Names of the validation scores, from the first row that has any.
std::vector<std::string> score_names(std::vector<log_row> const& log)
{
    std::vector<std::string> names;
    for (auto const& row : log)
        if (names.empty())
            for (auto const& [name, value] : row.validation) names.push_back(name);
    return names;
}

std::vector<std::string> split(std::string const& line)
{
    std::vector<std::string> cells;
    std::istringstream in(line);
    for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
    return cells;
}

void write_text(std::filesystem::path const& path, std::string const& text)
{
    hyspn::io::atomic_file file(path);
    file.write(text.data(), text.size());
    file.commit();
}

/// A line through points of the unit square, y upwards.
std::string polyline(std::vector<std::pair<double, double>> const& points, char const* colour)
{
    std::ostringstream svg;
    svg << "<polyline fill=\"none\" stroke=\"" << colour << "\" stroke-width=\"1.5\" points=\"";
    for (auto const& [x, y] : points) svg << 60 + 520 * x << "," << 340 - 300 * y << " ";
    svg << "\"/>\n";
    return svg.str();
}

/// One quantity over the steps.
struct series {
    std::vector<double> steps{}, values{};
    double least() const { return *std::min_element(values.begin(), values.end()); }
    double most() const { return *std::max_element(values.begin(), values.end()); }
};

std::vector<std::pair<double, double>> scaled(series const& s, double last_step)
{
    double const low = s.least(), span = std::max(s.most() - low, 1e-12);
    std::vector<std::pair<double, double>> points;
    for (std::size_t k = 0; k < s.steps.size(); ++k)
        points.emplace_back(s.steps[k] / last_step, (s.values[k] - low) / span);
    return points;
}

/// The loss as a running mean, which a single batch does not move much.
series smoothed_loss(std::vector<log_row> const& log)
{
    series s;
    double mean = 0;
    for (auto const& row : log) {
        if (!std::isfinite(row.loss)) continue;
        mean = s.steps.empty() ? row.loss : 0.95 * mean + 0.05 * row.loss;
        s.steps.push_back(static_cast<double>(row.step));
        s.values.push_back(mean);
    }
    return s;
}

series first_score(std::vector<log_row> const& log)
{
    series s;
    for (auto const& row : log)
        if (!row.validation.empty() && std::isfinite(row.validation[0].second)) {
            s.steps.push_back(static_cast<double>(row.step));
            s.values.push_back(row.validation[0].second);
        }
    return s;
}

std::string label(double x, double y, std::string const& anchor, std::string const& text, char const* colour = "black")
{
    std::ostringstream svg;
    svg << "<text x=\"" << x << "\" y=\"" << y << "\" text-anchor=\"" << anchor << "\" fill=\"" << colour
        << "\" font-family=\"sans-serif\" font-size=\"12\">" << text << "</text>\n";
    return svg.str();
}

std::string number(double value)
{
    std::ostringstream text;
    text << std::setprecision(3) << value;
    return text.str();
}

log_row row_of(std::vector<std::string> const& cells, std::vector<std::string> const& header)
{
    log_row row{std::stol(cells.at(0)), std::stod(cells.at(1)), std::stod(cells.at(2)), std::stod(cells.at(3)),
                std::stod(cells.at(4))};
    for (std::size_t k = 5; k < std::min(cells.size(), header.size()); ++k)
        row.validation.emplace_back(header[k], std::stod(cells[k]));
    return row;
}

}  // namespace

void write_log(std::filesystem::path const& file, std::vector<log_row> const& log)
{
    auto const names = score_names(log);
    std::ostringstream text;
    text << std::setprecision(std::numeric_limits<double>::max_digits10) << first_columns;
    for (auto const& name : names) text << "," << name;
    text << "\n";
    for (auto const& row : log) {
        text << row.step << "," << row.loss << "," << row.gradient_norm << "," << row.rate << "," << row.seconds;
        for (auto const& [name, value] : row.validation) text << "," << value;
        text << "\n";
    }
    write_text(file, text.str());
}

std::vector<log_row> read_log(std::filesystem::path const& file)
{
    std::ifstream in(file);
    std::string line;
    if (!std::getline(in, line) || !line.starts_with(first_columns))
        throw usage_error(file.string() + " is no log of a run");
    auto const header = split(line);
    std::vector<log_row> log;
    while (std::getline(in, line)) {
        auto const cells = split(line);
        try {
            log.push_back(row_of(cells, header));
        } catch (std::logic_error const&) {
            throw usage_error(file.string() + " has a line that is none of a log: " + line);
        }
    }
    return log;
}

void write_curve(std::filesystem::path const& file, std::vector<log_row> const& log)
{
    auto const loss = smoothed_loss(log), score = first_score(log);
    if (loss.steps.empty()) return;
    double const last = loss.steps.back();
    std::ostringstream svg;
    svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"640\" height=\"380\" viewBox=\"0 0 640 380\">\n"
        << "<rect width=\"640\" height=\"380\" fill=\"white\"/>\n"
        << "<path d=\"M60 40V340H580\" fill=\"none\" stroke=\"black\"/>\n"
        << polyline(scaled(loss, last), "#1f77b4") << label(56, 44, "end", number(loss.most()), "#1f77b4")
        << label(56, 340, "end", number(loss.least()), "#1f77b4") << label(60, 28, "start", "loss", "#1f77b4");
    if (score.steps.size() > 1)
        svg << polyline(scaled(score, last), "#d62728") << label(584, 44, "start", number(score.most()), "#d62728")
            << label(584, 340, "start", number(score.least()), "#d62728")
            << label(580, 28, "end", log.back().validation.empty() ? "" : log.back().validation[0].first, "#d62728");
    svg << label(60, 358, "start", "0") << label(580, 358, "end", number(last) + " steps") << "</svg>\n";
    write_text(file, svg.str());
}

}  // namespace learning
