#include "lab/distributions.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/students_t.hpp>

namespace ftl::lab {

using boost::math::cdf;
using boost::math::complement;

double StudentsT::quantile(double probability) const {
  return boost::math::quantile(boost::math::students_t(degrees_of_freedom), probability);
}

double StudentsT::upper_quantile(double probability) const {
  return boost::math::quantile(complement(boost::math::students_t(degrees_of_freedom), probability));
}

double StudentsT::above(double t) const {
  return cdf(complement(boost::math::students_t(degrees_of_freedom), t));
}

double NoncentralT::below(double t) const {
  return cdf(boost::math::non_central_t(degrees_of_freedom, noncentrality), t);
}

double NoncentralT::above(double t) const {
  return cdf(complement(boost::math::non_central_t(degrees_of_freedom, noncentrality), t));
}

double at_most_heads(double heads, double tosses) {
  return cdf(boost::math::binomial(tosses, 0.5), heads);
}

}  // namespace ftl::lab
