#pragma once
// What a fault does to one look, and to one action.

#include "sim/patient.hpp"

namespace heald::sim {

struct Look {
  const ProbePolicy& probe;
  Instant now;
  Instant started;  ///< the service, last
};

/// What an ailment makes of a look. Two ailments together are as bad as the worse of them.
void worsen(Meeting& meeting, const Trouble& trouble, const Look& look);
/// What comes of a look when the probes cannot be trusted.
void distort(Meeting& meeting, const Trouble& trouble, const ProbePolicy& probe);
/// What becomes of an action.
void misdirect(Course& course, const Trouble& trouble, const ActionOrder& order);

}  // namespace heald::sim
