#include "render/ticket_pdf.hpp"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include <memory>
#include <numbers>
#include <stdexcept>
#include <utility>
#include <vector>

#include "render/qr.hpp"

namespace boxoffice::render {

namespace {

// Lengths are points of 1/72 inch.
constexpr double page_width = 419.53;  // A5
constexpr double page_height = 595.28;
constexpr double margin = 34;
constexpr double inner_width = page_width - 2 * margin;
constexpr double tear_line = 384;  // above it what is read, below it what is scanned
constexpr double code_side = 158;

// DejaVu has no Chinese, and Micro Hei's Latin is plainer. Noto's CJK fonts make files of a megabyte. What neither has, fontconfig looks
// for in all that is installed: Thai, the scripts of India and most others in Noto's fonts (fonts-noto-core), emoji in Symbola, rare
// Han characters in HanaMin. These two stand here since a machine's others would come first.
constexpr const char* fonts = "DejaVu Sans, WenQuanYi Micro Hei, Noto Sans, Symbola, HanaMinA, HanaMinB";

struct Colour {
    double red, green, blue;
};
constexpr Colour ink{0.133, 0.102, 0.149};
constexpr Colour muted{0.392, 0.353, 0.408};
constexpr Colour line{0.894, 0.855, 0.804};
constexpr Colour accent{0.541, 0.110, 0.247};
constexpr Colour on_accent{1, 1, 1};
constexpr Colour pale_on_accent{0.973, 0.902, 0.918};
constexpr Colour gold{0.949, 0.725, 0.314};

struct Style {
    double size;
    Colour colour;
    bool is_bold = false;
    int max_lines = 1;  // what is longer ends in an ellipsis
};
constexpr Style label{7.5, muted};

template <auto free>
struct Free {
    template <typename T>
    void operator()(T* what) const {
        free(what);
    }
};
using Surface = std::unique_ptr<cairo_surface_t, Free<cairo_surface_destroy>>;
using Context = std::unique_ptr<cairo_t, Free<cairo_destroy>>;
using Layout = std::unique_ptr<PangoLayout, Free<g_object_unref>>;
using Font = std::unique_ptr<PangoFontDescription, Free<pango_font_description_free>>;
using FontOptions = std::unique_ptr<cairo_font_options_t, Free<cairo_font_options_destroy>>;

void check(cairo_status_t status) {
    if (status != CAIRO_STATUS_SUCCESS) {
        throw std::runtime_error(std::string("cairo: ") + cairo_status_to_string(status));
    }
}

cairo_status_t append(void* out, const unsigned char* data, unsigned int length) {
    try {
        static_cast<std::string*>(out)->append(reinterpret_cast<const char*>(data), length);
    } catch (...) {
        return CAIRO_STATUS_NO_MEMORY;  // nothing is thrown through C
    }
    return CAIRO_STATUS_SUCCESS;
}

// What draws: shapes and text in points from the page's upper left corner.
class Pen {
public:
    Pen(cairo_surface_t* surface, std::string_view language)
        : cairo_(cairo_create(surface)), layout_(pango_cairo_create_layout(cairo_.get())) {
        check(cairo_status(cairo_.get()));
        // As in print: no hinting for a screen, and nothing taken from the machine's language.
        const FontOptions options(cairo_font_options_create());
        cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
        cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
        auto* const context = pango_layout_get_context(layout_.get());
        pango_cairo_context_set_font_options(context, options.get());
        pango_context_set_language(context, pango_language_from_string(language == "zh" ? "zh-cn" : "en"));
        pango_layout_set_wrap(layout_.get(), PANGO_WRAP_WORD_CHAR);
        pango_layout_set_ellipsize(layout_.get(), PANGO_ELLIPSIZE_END);
    }

    // Where `text` ends below, written from x and y on within the width.
    double write(std::string_view text, double x, double y, double width, const Style& style,
                 PangoAlignment alignment = PANGO_ALIGN_LEFT) {
        set(text, width, style);
        pango_layout_set_alignment(layout_.get(), alignment);
        if (!is_rehearsing_) {
            set_colour(style.colour);
            cairo_move_to(cairo_.get(), x, y);
            pango_cairo_show_layout(cairo_.get(), layout_.get());
        }
        return y + height();
    }

    // While it does, write() leaves no ink: to learn how high something will be.
    void rehearse(bool does) { is_rehearsing_ = does; }

    // Whether `text` fits without an ellipsis.
    bool fits(std::string_view text, double width, const Style& style) {
        set(text, width, style);
        return !pango_layout_is_ellipsized(layout_.get());
    }

    // The style, smaller as far as needed for `text` to fit, but not below `least`.
    Style fitted(std::string_view text, double width, Style style, double least) {
        while (style.size > least && !fits(text, width, style)) {
            style.size -= 1;
        }
        return style;
    }

    // How wide `text` is on one line.
    double width_of(std::string_view text, const Style& style) {
        set(text, inner_width, style);
        int width = 0;
        pango_layout_get_size(layout_.get(), &width, nullptr);
        return static_cast<double>(width) / PANGO_SCALE;
    }

    void fill(double x, double y, double width, double height, const Colour& colour) {
        set_colour(colour);
        cairo_rectangle(cairo_.get(), x, y, width, height);
        cairo_fill(cairo_.get());
    }

    void dashed_line(double from_x, double to_x, double y) {
        static constexpr double dashes[] = {3, 4};
        set_colour(muted);
        cairo_set_line_width(cairo_.get(), 0.7);
        cairo_set_dash(cairo_.get(), dashes, 2, 0);
        cairo_move_to(cairo_.get(), from_x, y);
        cairo_line_to(cairo_.get(), to_x, y);
        cairo_stroke(cairo_.get());
    }

    // A box with round corners, drawn as a line.
    void frame(double x, double y, double width, double height) {
        constexpr double radius = 6;
        constexpr double quarter = std::numbers::pi / 2;
        auto* const c = cairo_.get();
        cairo_new_sub_path(c);
        cairo_arc(c, x + width - radius, y + radius, radius, -quarter, 0);
        cairo_arc(c, x + width - radius, y + height - radius, radius, 0, quarter);
        cairo_arc(c, x + radius, y + height - radius, radius, quarter, 2 * quarter);
        cairo_arc(c, x + radius, y + radius, radius, 2 * quarter, 3 * quarter);
        cairo_close_path(c);
        set_colour(line);
        cairo_set_dash(c, nullptr, 0, 0);
        cairo_set_line_width(c, 1);
        cairo_stroke(c);
    }

    // The code with its quiet zone, black on white, `side` wide; in one path, so that no seam shows.
    void code(std::string_view text, double x, double y, double side) {
        auto* const c = cairo_.get();
        const int modules = qr_runs(text, [](int, int, int) {}) + 2 * qr_quiet_zone;
        const double module = side / modules;
        fill(x, y, side, side, on_accent);
        qr_runs(text, [&](int column, int row, int width) {
            cairo_rectangle(c, x + (column + qr_quiet_zone) * module, y + (row + qr_quiet_zone) * module,
                            width * module, module);
        });
        cairo_set_source_rgb(c, 0, 0, 0);
        cairo_fill(c);
    }

    void end_page() {
        cairo_show_page(cairo_.get());
        check(cairo_status(cairo_.get()));
    }

private:
    void set(std::string_view text, double width, const Style& style) {
        const Font font(pango_font_description_from_string(fonts));
        pango_font_description_set_weight(font.get(),
                                          style.is_bold ? PANGO_WEIGHT_BOLD : PANGO_WEIGHT_NORMAL);
        pango_font_description_set_absolute_size(font.get(), style.size * PANGO_SCALE);
        auto* const layout = layout_.get();
        pango_layout_set_font_description(layout, font.get());
        pango_layout_set_width(layout, static_cast<int>(width * PANGO_SCALE));
        pango_layout_set_height(layout, -style.max_lines);
        pango_layout_set_text(layout, text.data(), static_cast<int>(text.size()));
    }

    double height() const {
        int value = 0;
        pango_layout_get_size(layout_.get(), nullptr, &value);
        return static_cast<double>(value) / PANGO_SCALE;
    }

    void set_colour(const Colour& colour) {
        cairo_set_source_rgb(cairo_.get(), colour.red, colour.green, colour.blue);
    }

    Context cairo_;
    Layout layout_;
    bool is_rehearsing_ = false;
};

// The value in the reader's language, and the same in the other one, if there is one.
struct Name {
    std::string own;
    std::string other;
};

Name name_of(const Words& words, const std::string& path, std::string_view language) {
    Name name{words.value(path), words.value(path + "_zh")};
    if (language == "zh" && !name.other.empty()) {
        std::swap(name.own, name.other);
    }
    return name;
}

// What is before `next`, with a separator between where there is something before.
std::string joined(std::string before, std::string_view separator, std::string_view next) {
    if (!before.empty() && !next.empty()) {
        before += separator;
    }
    return before.append(next);
}

// Draws the head: whose ticket of how many, the title in both languages, what it is. Returns where it ends.
double draw_head(Pen& pen, const Words& words, std::string_view language, const std::string& number) {
    const Name title = name_of(words, "title", language);
    Style style = pen.fitted(title.own, inner_width, {25, on_accent, true, 2}, 17);
    if (!pen.fits(title.own, inner_width, style)) {
        style = {15, on_accent, true, 3};
    }
    const Style second{12.5, pale_on_accent, false, 1};
    const std::string kind = joined(joined(words.message("kind__kind"), "  ·  ", words.value("rating")),
                                    "  ·  ", words.message("minutes"));
    const auto draw = [&] {
        double y = 25;
        pen.write("BOXOFFICE", margin, y, inner_width, {8.5, gold, true});
        pen.write(number, margin, y, inner_width, {8.5, pale_on_accent}, PANGO_ALIGN_RIGHT);
        y = pen.write(title.own, margin, y + 22, inner_width, style) + 3;
        if (!title.other.empty()) {
            y = pen.write(title.other, margin, y, inner_width, second) + 3;
        }
        return pen.write(kind, margin, y + 3, inner_width, {9, pale_on_accent});
    };
    pen.rehearse(true);
    const double end = draw() + 20;
    pen.rehearse(false);
    pen.fill(0, 0, page_width, end, accent);
    pen.fill(0, end, page_width, 3, gold);
    draw();
    return end + 3;
}

double draw_field(Pen& pen, const std::string& name, const std::string& value, double x, double y,
                  double width, const Style& style) {
    return pen.write(value, x, pen.write(name, x, y, width, label) + 2, width, style);
}

// When, where and which seat, between the head's end at y and the tear line.
void draw_body(Pen& pen, const Words& words, std::string_view language, double y) {
    const Name venue = name_of(words, "venue_name", language);
    const Name city = name_of(words, "city_name", language);

    const double time_width = pen.width_of(words.value("starts_at_time"), {27, ink, true}) + 14;
    y += 16;
    pen.write(words.value("starts_at_time"), margin, y, inner_width, {27, ink, true});
    const double day_end = pen.write(words.value("starts_at_day"), margin + time_width, y + 3,
                                     inner_width - time_width, {11.5, ink, true});
    pen.write(words.message("ticket_date"), margin + time_width, day_end + 1, inner_width - time_width,
              {9, muted});

    y += 46;
    const std::string both_names = joined(venue.own, "  ·  ", venue.other);
    Style name_style = pen.fitted(both_names, inner_width, {13, ink, true}, 10);
    const std::string& name = pen.fits(both_names, inner_width, name_style) ? both_names : venue.own;
    name_style = pen.fitted(name, inner_width, {13, ink, true}, 10);
    y = pen.write(name, margin, y, inner_width, name_style) + 2;
    pen.write(joined(words.value("address"), ", ", joined(words.value("postal_code"), " ", city.own)), margin,
              y, inner_width, {9, muted, false, 2});

    struct Field {
        std::string name;
        std::string value;
        double share;  // of the width
    };
    const bool is_seated = words.value("admission") == "seated";
    std::vector<Field> fields{{words.message("ticket_hall"), words.value("hall_name"), 0.4}};
    if (is_seated) {
        fields.push_back({words.message("ticket_row"), words.value("row"), 0.25});
        fields.push_back({words.message("ticket_seat"), words.value("number"), 0.35});
    } else {
        fields.push_back({words.message("ticket_place"), words.value("seat"), 0.6});
    }
    constexpr double box_height = 50;
    constexpr double padding = 12;
    const double box = tear_line - box_height - 56;
    pen.frame(margin, box, inner_width, box_height);
    double x = margin;
    for (const Field& field : fields) {
        const double width = inner_width * field.share;
        Style style = pen.fitted(field.value, width - padding, {18, ink, true}, 9);
        if (!pen.fits(field.value, width - padding, style)) {
            style.max_lines = 2;
        }
        draw_field(pen, field.name, field.value, x + padding, box + 8, width - padding, style);
        x += width;
    }

    const std::string section = words.value("section");
    const std::string tier = joined(words.message("tier__tier"), "  ·  ", section);
    draw_field(pen, words.message("price_class"), tier, margin + padding, box + box_height + 11,
               inner_width * 0.6, {11.5, ink});
    const double price_x = margin + padding + inner_width * 0.65 - padding;
    draw_field(pen, words.message("ticket_price"), words.value("price"), price_x, box + box_height + 11,
               page_width - margin - price_x, {11.5, ink});
}

void draw_stub(Pen& pen, const Words& words) {
    pen.dashed_line(margin / 2, page_width - margin / 2, tear_line);
    const double y = tear_line + 18;
    const double x = margin + code_side + 8;
    const double width = page_width - margin - x;
    pen.code(words.value("code"), margin - 12, y, code_side);
    double at = pen.write(words.message("ticket_admits"), x, y + 10, width, {10.5, ink, true, 4}) + 6;
    at = pen.write(words.message("ticket_once"), x, at, width, {8.5, muted, false, 6}) + 14;
    draw_field(pen, words.message("ticket_booking"), words.value("booking_id"), x, at, width,
               {8, ink, false, 3});
    pen.write(words.value("code"), margin, y + code_side + 4, inner_width, {7, muted}, PANGO_ALIGN_LEFT);
}

}  // namespace

std::string ticket_pdf(const Texts& texts, const rapidjson::Value& model, std::string_view language) {
    if (!model.IsObject() || !model.HasMember("tickets") || !model["tickets"].IsArray() ||
        model["tickets"].Empty() || !model.HasMember("stamped_at") || !model["stamped_at"].IsString()) {
        throw std::runtime_error("a booking without tickets has no PDF");
    }
    const Words words(texts, language, model);
    std::string pdf;
    {
        const Surface surface(cairo_pdf_surface_create_for_stream(append, &pdf, page_width, page_height));
        check(cairo_surface_status(surface.get()));
        // What every reader knows, whatever cairo would write by itself.
        cairo_pdf_surface_restrict_to_version(surface.get(), CAIRO_PDF_VERSION_1_4);
        // Else it would hold the time of drawing, and be another file each time.
        cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATE_DATE,
                                       model["stamped_at"].GetString());
        cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE,
                                       name_of(words, "title", language).own.c_str());
        Pen pen(surface.get(), language);
        const auto& tickets = model["tickets"];
        for (rapidjson::SizeType i = 0; i < tickets.Size(); ++i) {
            const Words ticket(words, tickets[i]);
            const std::string number = tickets.Size() == 1
                                           ? words.message("ticket")
                                           : words.message("ticket") + ' ' + std::to_string(i + 1) + '/' +
                                                 std::to_string(tickets.Size());
            draw_body(pen, ticket, language, draw_head(pen, ticket, language, number));
            draw_stub(pen, ticket);
            pen.end_page();
        }
        cairo_surface_finish(surface.get());
        check(cairo_surface_status(surface.get()));
    }
    return pdf;
}

}  // namespace boxoffice::render
