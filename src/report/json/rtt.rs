//! A distribution of round trips.

use serde::ser::SerializeMap;

use super::object::{Fields, Object};
use crate::summary::RttFigures;

impl Object for RttFigures {
    fn fields<M: SerializeMap>(&self, to: Fields<M>) -> Fields<M> {
        to.set("samples", self.samples)
            .figure("min", self.min)
            .figure("mean", self.mean)
            .figure("median", self.median)
            .figure("p95", self.p95)
            .figure("max", self.max)
    }
}
