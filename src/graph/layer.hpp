// A layer of a network: what a recipe can name. Each kind is a plain structure of its keys in graph/layers/,
// listed in graph/layers/list.hpp; `Layer` holds one, whichever kind it is of.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace ftl::graph {

class GraphBuilder;
class LayerKeys;
class LayerNamer;

// What a kind offers:
//   std::string_view op() const      the recipe's name of it: "conv"
//   void visit(LayerKeys& keys)      each of its keys, in the order in which a recipe lists them
//   int add_to(GraphBuilder& builder, const std::string& name, int input) const
//                                    adds its nodes behind the node `input`, returns the one of its output
//   static constexpr bool kLearns    whether it has parameters
//   static constexpr std::string_view kStem
//                                    what the names that are made for it begin with
//   operator==
// and where other names follow from its own:
//   void name_in(LayerNamer& namer, std::string& name)
class Layer {
 public:
  template <class Kind>
  Layer(Kind kind) : held_(std::make_unique<Held<Kind>>(std::move(kind))) {}
  Layer(const Layer& other) : held_(other.held_->copy()) {}
  Layer(Layer&&) noexcept = default;
  Layer& operator=(Layer other) noexcept {
    held_ = std::move(other.held_);
    return *this;
  }
  ~Layer() = default;

  // The layer as one of a kind, null if it is of another.
  template <class Kind>
  const Kind* as() const {
    const auto* held = dynamic_cast<const Held<Kind>*>(held_.get());
    return held == nullptr ? nullptr : &held->kind;
  }
  template <class Kind>
  Kind* as() {
    return const_cast<Kind*>(std::as_const(*this).template as<Kind>());
  }

  friend bool operator==(const Layer& layer, const Layer& other) { return layer.held_->equals(*other.held_); }

  std::string_view op() const { return held_->op(); }
  bool learns() const { return held_->learns(); }
  void visit(LayerKeys& keys) { held_->visit(keys); }
  int add_to(GraphBuilder& builder, const std::string& name, int input) const {
    return held_->add_to(builder, name, input);
  }
  // Gives the layer a name, where it has none, and the layers within it.
  void name_in(LayerNamer& namer, std::string& name) { held_->name_in(namer, name); }

 private:
  struct Any {
    virtual ~Any() = default;
    virtual std::unique_ptr<Any> copy() const = 0;
    virtual bool equals(const Any& other) const = 0;
    virtual std::string_view op() const = 0;
    virtual void name_in(LayerNamer& namer, std::string& name) = 0;
    virtual bool learns() const = 0;
    virtual void visit(LayerKeys& keys) = 0;
    virtual int add_to(GraphBuilder& builder, const std::string& name, int input) const = 0;
  };
  template <class Kind>
  struct Held final : Any {
    explicit Held(Kind of) : kind(std::move(of)) {}
    std::unique_ptr<Any> copy() const override { return std::make_unique<Held>(kind); }
    bool equals(const Any& other) const override {
      const auto* same = dynamic_cast<const Held*>(&other);
      return same != nullptr && kind == same->kind;
    }
    std::string_view op() const override { return kind.op(); }
    void name_in(LayerNamer& namer, std::string& name) override;
    bool learns() const override { return Kind::kLearns; }
    void visit(LayerKeys& keys) override { kind.visit(keys); }
    int add_to(GraphBuilder& builder, const std::string& name, int input) const override {
      return kind.add_to(builder, name, input);
    }
    Kind kind;
  };

  std::unique_ptr<Any> held_;
};

// LayerNamer::give.
void give_name(LayerNamer& namer, std::string_view stem, std::string& name);

template <class Kind>
void Layer::Held<Kind>::name_in(LayerNamer& namer, std::string& name) {
  if constexpr (requires { kind.name_in(namer, name); }) {
    kind.name_in(namer, name);
  } else {
    give_name(namer, Kind::kStem, name);
  }
}

}  // namespace ftl::graph
